import * as z from 'zod'
import { AbortRules, Health } from './abort.ts'
import { Approval } from './approval.ts'
import { narrowestFirst } from './cidr.ts'
import { Comparing } from './comparing.ts'
import { Dependencies } from './dependencies.ts'
import { FILTER_RULES_MAX, portRanges } from './filter-rule.ts'
import { ShadowSpec } from './forwarding.ts'
import { Gap } from './gap.ts'
import { Spend, Usd } from './money.ts'
import { OwnerName } from './owner.ts'
import { Probe, ProbeNow } from './probe.ts'
import { Ramp, StageNow } from './ramp.ts'
import { Recording } from './recording.ts'
import { Redaction } from './redaction.ts'
import { asksControl, type Resources } from './resources.ts'
import { PERCENT_MAX, Selection } from './selection.ts'
import { Source } from './source.ts'
import { EvidenceDeletion, StoredEvidence } from './stored-evidence.ts'
import { Thresholds } from './thresholds.ts'
import { HeldBack, RecordedCounts, Redacted, RequestCounts, Volume } from './traffic.ts'

export const ExperimentId = z
  .string()
  .regex(/^exp_[0-9A-HJKMNP-TV-Z]{26}$/, 'an experiment id looks like exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y')

export const Timestamp = z.iso.datetime().describe('ISO 8601, UTC')

const ANYWHERE = '0.0.0.0/0'
const ClientCidr = z
  .string()
  .refine(
    (text) => z.cidrv4().safeParse(text).success || z.cidrv6().safeParse(text).success,
    'a range of addresses looks like 10.0.0.0/8 or 2001:db8::/32',
  )

const Traffic = z
  .strictObject({
    ports: z
      .array(z.int().min(1).max(65535))
      .min(1)
      .exactOptional()
      .describe('the service ports whose requests are mirrored; left out, every TCP port: see accept'),
    clientCidrs: z
      .array(ClientCidr)
      .min(1)
      .default([ANYWHERE])
      .describe('only requests from these client addresses, IPv4 or IPv6; every IPv4 address when left out'),
    directions: z
      .enum(['requests', 'both'])
      .default('requests')
      .describe('requests: what clients send; both: responses too, at about the price of their bytes'),
    packetLength: z
      .int()
      .min(35)
      .max(8500)
      .exactOptional()
      .describe('bytes kept of each packet, its Ethernet header included; a shorter one cuts bodies'),
  })
  .refine(
    ({ ports, clientCidrs, directions }) =>
      (ports === undefined ? 1 : portRanges(ports).length) *
        narrowestFirst(clientCidrs).length *
        (directions === 'both' ? 2 : 1) <=
      FILTER_RULES_MAX,
    `ports × client ranges × directions must not exceed the ${FILTER_RULES_MAX} rules of a mirror filter`,
  )

/** What an experiment does only when its spec says in so many words that it is meant. */
export const Accepted = z.enum(['undocumented-sources', 'every-port', 'little-headroom']).meta({
  id: 'Accepted',
  description:
    'undocumented-sources: try load balancers and Fargate tasks, which AWS’s documentation excludes from mirroring; ' +
    'every-port: mirror every TCP port, not named ones; ' +
    'little-headroom: go on where the sources’ peak and its copies pass 70 % of their network’s baseline',
})
export type Accepted = z.output<typeof Accepted>

type Around = Readonly<{
  traffic: z.output<typeof Traffic>
  shadow: ShadowSpec
  ramp?: Ramp | undefined
}>

/** What is compared per request needs the right number of requests. */
const refuseResources = (
  resources: Resources,
  { traffic, shadow, ramp }: Around,
  refuse: (path: string[], message: string) => void,
): void => {
  const path = ['compare', 'resources']
  const { requests } = resources
  if (shadow.control === undefined && asksControl(resources))
    refuse(path, 'figures of a control are named, yet shadow.control is not')
  if (shadow.distribution === 'split' && requests.shadow === undefined)
    refuse(
      [...path, 'requests', 'shadow'],
      'requests are split among several shadows: name the metric that counts those of this one',
    )
  if (requests.production !== 'mirrored') return
  const all = 'name the metric that counts all requests of production'
  const counts = [...path, 'requests', 'production']
  if (traffic.clientCidrs.join() !== ANYWHERE)
    refuse(counts, `requests of some clients only are mirrored: ${all}`)
  if (ramp?.stages.some(({ sources }) => sources < 100))
    refuse(counts, `a stage of the ramp mirrors some sources only: ${all}`)
}

/** What a user asks for: which traffic, to which shadow, for how long, for how much. It cannot omit an end or a budget. */
export const ExperimentSpec = z
  .strictObject({
    name: z.string().trim().min(1).max(80),
    owner: OwnerName.exactOptional().describe(
      'whose month it is paid from, such as a team; whoever asks for it when left out',
    ),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .exactOptional()
      .describe(
        'why it is asked for, for the audit trail and the evidence; needed where a second person approves it',
      ),
    source: Source,
    traffic: Traffic,
    shadow: ShadowSpec,
    dependencies: Dependencies.exactOptional().describe('what the shadow uses; nothing starts without it'),
    requests: z
      .strictObject({
        percent: z
          .number()
          .min(0)
          .max(PERCENT_MAX)
          .default(100)
          .describe(
            'share of the requests that reach the shadow; above 100, GET, HEAD and OPTIONS are sent more than once',
          ),
        writes: z
          .enum(['hold', 'forward'])
          .default('hold')
          .describe('hold: only GET, HEAD and OPTIONS are forwarded; forward: every method'),
        select: Selection.prefault({}),
        redaction: Redaction.prefault({}),
        record: Recording.exactOptional().describe(
          'forwarded requests with both answers, redacted, to be read by approvers; nothing is recorded when left out',
        ),
      })
      .prefault({}),
    window: z.strictObject({
      startAt: Timestamp.exactOptional().describe('when the experiment starts; now when left out'),
      durationSeconds: z
        .int()
        .min(20)
        .max(7 * 86_400)
        .describe('how long it may mirror'),
      preNoticeMinutes: z
        .number()
        .min(0)
        .max(1440)
        .exactOptional()
        .describe(
          'so long before the first mirror session security teams are told of it; at least, and left out exactly, what the deployment asks for',
        ),
    }),
    budgetUsd: z
      .number()
      .positive()
      .max(100_000)
      .describe('the experiment ends before its spend passes this many dollars'),
    abort: AbortRules,
    compare: Comparing.exactOptional().describe('what comparing has to know about the shadow’s data'),
    verdict: Thresholds.exactOptional().describe('from where on the verdict fails or is inconclusive'),
    probe: Probe.exactOptional().describe(
      'first one source in each zone for a minute, which proves the way to the shadow and measures what it will cost',
    ),
    ramp: Ramp.exactOptional().describe('in stages instead of all at once'),
    accept: z.array(Accepted).max(10).exactOptional().describe('risks that are meant to be taken'),
  })
  .superRefine(
    ({ source, traffic, requests, window, probe, accept = [], shadow, ramp, compare }, context) => {
      const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
      if (compare?.resources) refuseResources(compare.resources, { traffic, shadow, ramp }, refuse)
      if (requests.record !== undefined && requests.redaction.mode === 'off')
        refuse(
          ['requests', 'record'],
          'what is not redacted is not recorded: leave it out, or choose a mode of redaction',
        )
      if (traffic.ports === undefined && !accept.includes('every-port'))
        refuse(['traffic', 'ports'], 'name the service ports; to mirror every TCP port, accept every-port')
      if (traffic.ports !== undefined && accept.includes('every-port'))
        refuse(['accept'], 'every-port is accepted, yet traffic.ports names some: leave one of them out')
      if (probe !== undefined && probe.seconds >= window.durationSeconds)
        refuse(['probe', 'seconds'], 'the window must be longer than its probe')
      if (source.by === 'load-balancer' && traffic.clientCidrs.join() !== ANYWHERE)
        refuse(
          ['traffic', 'clientCidrs'],
          'towards its targets a load balancer is the client: its own clients cannot be told apart; leave it out',
        )
    },
  )
  .meta({ id: 'ExperimentSpec' })
export type ExperimentSpec = z.output<typeof ExperimentSpec>
export type ExperimentSpecInput = z.input<typeof ExperimentSpec>

export const PHASES = ['scheduled', 'preparing', 'mirroring', 'draining', 'ended'] as const
export const Phase = z.enum(PHASES)
export type Phase = z.output<typeof Phase>

export const OUTCOMES = ['completed', 'stopped', 'expired', 'over-budget', 'aborted', 'failed'] as const
export const Outcome = z
  .enum(OUTCOMES)
  .describe(
    'completed: its window ended as planned; stopped: by hand; expired: found past its end after an outage; ' +
      'over-budget: the next minute might have passed the budget; aborted: by an abort rule; failed: could not start or go on',
  )
export type Outcome = z.output<typeof Outcome>

/** One bounded mirroring run, as the API shows it. */
export const Experiment = z
  .strictObject({
    id: ExperimentId,
    version: z.int().nonnegative().describe('grows with every change, the meter’s readings included'),
    revision: z
      .int()
      .nonnegative()
      .describe('grows with every change of phase, end or budget: a change may name the one it expects'),
    spec: ExperimentSpec,
    phase: Phase,
    outcome: Outcome.nullable().describe('null until it is known how the experiment ends'),
    reason: z.string().nullable().describe('one sentence: why it ended, or what it is waiting for'),
    createdAt: Timestamp,
    createdBy: z.string(),
    startAt: Timestamp,
    endAt: Timestamp.describe('the end in force: no packet is mirrored after it'),
    mirroringSince: Timestamp.nullable(),
    pausedSince: Timestamp.nullable().describe(
      'while it is paused: nothing is mirrored, its sessions stay and owe their hours, its end does not move',
    ),
    endedAt: Timestamp.nullable(),
    sources: z.int().nonnegative().describe('ENIs with a mirror session now'),
    gateways: z.int().nonnegative().describe('healthy gateway tasks now'),
    spend: Spend,
    forecastUsd: Usd.describe('estimated: expected spend at the end in force'),
    volume: Volume,
    usdPerGb: Usd.nullable().describe(
      'metered: spend per GB (10^9) of mirrored inner bytes; null before the first byte',
    ),
    liveUsdPerGb: Usd.nullable()
      .default(null)
      .describe(
        'the same of the last five minutes alone, session-hours counted by the minute; null while nothing is mirrored',
      ),
    requests: RequestCounts,
    approval: Approval.nullable()
      .default(null)
      .describe('of a second person, where the deployment asks for one; null where none was needed'),
    probe: ProbeNow.nullable().default(null).describe('what comes before the first stage; null without one'),
    stage: StageNow.nullable().describe('where on its ramp it is; null without one'),
    health: z.array(Health).describe('the abort rules as they were last judged; empty before mirroring'),
    redacted: Redacted.default({}),
    heldBack: HeldBack.default({}).describe('writes that were not forwarded, by endpoint'),
    recorded: RecordedCounts.default({}).describe(
      'exchanges and bytes in records, and forwarded requests that are in none, by why; empty where nothing is recorded',
    ),
    cutConnections: z
      .int()
      .nonnegative()
      .default(0)
      .describe('connections that a gateway followed when it was stopped while the experiment went on'),
    leftOutPackets: z
      .int()
      .nonnegative()
      .default(0)
      .describe(
        'mirrored packets that gateways with too much to do did not read, so that other experiments got their share',
      ),
    gaps: z
      .array(Gap)
      .default([])
      .describe('when production’s traffic was not seen whole, and why; oldest first'),
    evidence: StoredEvidence.nullable()
      .default(null)
      .describe(
        'its evidence package as it is stored once it has ended; null: not stored, it is made at each reading',
      ),
    evidenceDeletion: EvidenceDeletion.nullable()
      .default(null)
      .describe('null while there is evidence: the record, its ledger and its history outlive it'),
    meteredAt: Timestamp.nullable().describe('when spend, volume and requests were last read'),
  })
  .meta({ id: 'Experiment' })
export type Experiment = z.output<typeof Experiment>

export const isOver = (phase: Phase): boolean => phase === 'ended'
