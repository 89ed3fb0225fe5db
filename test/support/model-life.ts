import fc from 'fast-check'
import { ExperimentSpec } from '../../contract/experiment.ts'
import { type Action, actionName } from '../../functions/experiments/actions.ts'
import { learn } from '../../functions/experiments/learn.ts'
import type { View } from '../../functions/experiments/observed.ts'
import {
  extending,
  killed,
  mayExtend,
  mayStop,
  newRecord,
  paused,
  resumed,
  stopped,
} from '../../functions/experiments/phases.ts'
import { plan } from '../../functions/experiments/plan.ts'
import { settingsFor } from '../../functions/experiments/settings.ts'
import { type Delivery, ModelAccount, PARKING, Refused, SECOND } from './model-account.ts'

export const TICK = 5
export const settings = settingsFor(TICK)
const START = Date.parse('2026-11-21T12:00:00Z')
export const ENIS = ['eni-00000001', 'eni-00000002', 'eni-00000003', 'eni-00000004', 'eni-00000005']
const CREATES: readonly Action['kind'][] = ['create-filter', 'create-rule', 'create-session']

export type Event =
  | { is: 'nothing' }
  | { is: 'stop' | 'kill' | 'pause' | 'resume' }
  | { is: 'extend'; seconds: number }
  | { is: 'lose' | 'stop-source' | 'start-source' | 'appear'; eni: number }
  | { is: 'health'; good: boolean }
  | { is: 'broke' }
  | { is: 'lose-rule' }
  | { is: 'found'; good: boolean }
export type Step = { seconds: number; event: Event; dieAfter: number; answerLost: boolean }
/** What goes wrong around one look beside its death. */
export type Trouble = {
  /** The control plane’s clock is so far from AWS’s from here on. */
  skewSeconds: number
  deliveries: Delivery[]
  refusals: boolean[]
  /** How often whatever calls for this look arrives. */
  calls: 0 | 1 | 2
}
export type Case = {
  sources: number
  seconds: number
  delay: number
  lagSeconds: number
  both: boolean
  probe?: 'none' | 'go-on' | 'ask'
  ramp?: { sources: number; requests: number; seconds: number }[]
  steps: (Step & Partial<Trouble>)[]
}

const fleetEvent: fc.Arbitrary<Event> = fc.record({
  is: fc.constantFrom('lose' as const, 'stop-source' as const, 'start-source' as const, 'appear' as const),
  eni: fc.nat(ENIS.length - 1),
})
const pauseEvent = fc.constantFrom<Event>({ is: 'pause' }, { is: 'resume' })

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Event>({ is: 'nothing' }) },
  { weight: 1, arbitrary: fc.constantFrom<Event>({ is: 'stop' }, { is: 'kill' }) },
  { weight: 3, arbitrary: fc.constantFrom<Event>({ is: 'pause' }, { is: 'resume' }) },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('extend' as const), seconds: fc.integer({ min: 1, max: 120 }) }),
  },
  { weight: 5, arbitrary: fleetEvent },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('health' as const), good: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constantFrom<Event>({ is: 'broke' }, { is: 'lose-rule' }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('found' as const), good: fc.boolean() }) },
)

const stepWith = (happening: fc.Arbitrary<Event>): fc.Arbitrary<Step> =>
  fc.record({
    seconds: fc.oneof(
      { weight: 8, arbitrary: fc.constant(TICK) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }) },
      { weight: 1, arbitrary: fc.integer({ min: 6, max: 90 }) },
    ),
    event: happening,
    dieAfter: fc.oneof(
      { weight: 2, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
      { weight: 3, arbitrary: fc.nat(12) },
    ),
    answerLost: fc.boolean(),
  })

export const account = {
  sources: fc.integer({ min: 1, max: 5 }),
  lagSeconds: fc.constantFrom(0, 0, 3, 20),
  both: fc.boolean(),
}

/** Stages whose share of sources only grows; without any it mirrors all at once. */
export const ramp = fc
  .array(
    fc.record({
      sources: fc.integer({ min: 1, max: 100 }),
      requests: fc.integer({ min: 0, max: 100 }),
      seconds: fc.integer({ min: 30, max: 60 }),
    }),
    { maxLength: 3 },
  )
  .map((stages) => stages.sort((a, b) => a.sources - b.sources))

export const quiet: Case = { sources: 5, seconds: 3600, delay: 0, lagSeconds: 0, both: false, steps: [] }

export const life: fc.Arbitrary<Case> = fc.record({
  ...account,
  ramp,
  probe: fc.constantFrom('none' as const, 'none' as const, 'go-on' as const, 'ask' as const),
  seconds: fc.integer({ min: 20, max: 200 }),
  delay: fc.constantFrom(0, 0, 12),
  steps: fc.array(stepWith(event), { maxLength: 40 }),
})

const CALM: Step = {
  seconds: TICK,
  event: { is: 'nothing' },
  dieAfter: Number.POSITIVE_INFINITY,
  answerLost: false,
}

const trouble: fc.Arbitrary<Trouble> = fc.record({
  skewSeconds: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -90, max: 90 }) },
  ),
  deliveries: fc.array(fc.constantFrom<Delivery>('once', 'once', 'twice', 'late', 'lost'), { maxLength: 6 }),
  refusals: fc.oneof(
    { weight: 3, arbitrary: fc.constant<boolean[]>([]) },
    { weight: 1, arbitrary: fc.array(fc.boolean(), { maxLength: 20 }) },
  ),
  calls: fc.constantFrom(0, 1, 1, 1, 2),
})

/** Everything at once: events, deaths, lost answers, throttling, clocks that jump, deliveries lost, late and twice. */
export const troubled: fc.Arbitrary<Case> = fc.record({
  ...account,
  ramp,
  probe: fc.constantFrom('none' as const, 'none' as const, 'go-on' as const, 'ask' as const),
  seconds: fc.integer({ min: 60, max: 400 }),
  delay: fc.constantFrom(0, 0, 12),
  // Most begin in peace, so that there is something to lose.
  steps: fc
    .tuple(
      fc.constantFrom(0, 8, 8, 8),
      fc.array(
        fc.tuple(stepWith(event), trouble).map(([step, more]) => ({ ...step, ...more })),
        { maxLength: 30 },
      ),
    )
    .map(([calm, steps]) => [...Array.from({ length: calm }, () => CALM), ...steps]),
})

/** Long enough to be still mirroring when the fleet has come to rest. */
export const fleet: fc.Arbitrary<Case> = fc.record({
  ...account,
  seconds: fc.constant(3600),
  delay: fc.constant(0),
  steps: fc.array(
    stepWith(fc.oneof({ weight: 4, arbitrary: fleetEvent }, { weight: 1, arbitrary: pauseEvent })),
    {
      maxLength: 20,
    },
  ),
})

export const open = ({
  sources,
  seconds,
  delay,
  lagSeconds,
  both,
  probe = 'none',
  ramp: stages = [],
}: Case): ModelAccount => {
  const now = new Date(START)
  const enis = ENIS.slice(0, sources)
  const spec = ExperimentSpec.parse({
    name: 'checkout',
    source: { by: 'tag', match: 'all', tags: { service: 'checkout' } },
    traffic: { ports: [80, 81], directions: both ? 'both' : 'requests' },
    shadow: { url: 'http://shadow.internal' },
    window: {
      durationSeconds: seconds,
      ...(delay > 0 && { startAt: new Date(START + delay * SECOND).toISOString() }),
    },
    budgetUsd: 10,
    ...(probe !== 'none' && seconds > 30 && { probe: { seconds: 30, after: probe } }),
    ...(stages.length > 0 && { ramp: { stages, promote: 'time' as const } }),
  })
  const record = newRecord(spec, {
    id: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
    by: 'ada',
    now,
    redactionKey: 'a2V5',
  })
  return new ModelAccount(record, enis, START, lagSeconds * SECOND)
}

/** What must hold after every single action and every second. */
export const expectSafe = (account: ModelAccount): void => {
  const endAt = Date.parse(account.record.experiment.endAt)
  for (const rule of account.open()) {
    if (account.undelivered.has(rule)) continue
    const leases = [...account.schedules.values()].filter(
      ({ what }) => what.deed === 'reject-rule' && what.rule === rule,
    )
    if (leases.length === 0) throw new Error(`rule ${rule} mirrors without a lease`)
    const first = Math.min(...leases.map(({ at }) => at))
    if (first > Math.min(account.now + settings.leaseMs + SECOND + account.skewMaxMs, endAt))
      throw new Error(`the lease of ${rule} reaches too far: ${new Date(first).toISOString()}`)
  }
  const since = Date.parse(account.record.experiment.mirroringSince ?? '')
  for (const { session, filter, since: made } of account.sessions.values())
    if (made > since && filter !== PARKING && !account.schedules.has(`${account.id}.kill.${session}`))
      if (!account.undelivered.has(session))
        throw new Error(`session ${session} joined and mirrors without a kill schedule`)
  for (const row of account.rows.values()) {
    if (row.state !== 'active' || row.session === null || !account.sessions.has(row.session)) continue
    if (account.undelivered.has(row.session)) continue
    const kill = account.schedules.get(`${account.id}.kill.${row.session}`)
    if (!kill) throw new Error(`recorded session ${row.session} has no kill schedule`)
    const latest = Math.max(account.latestEnd, account.now) + account.skewMaxMs
    if (kill.at > latest + settings.killGraceMs + 5 * SECOND)
      throw new Error(`session ${row.session} would outlive the end`)
  }
}

/** What a probe measures, since nothing is measured here. */
const FOUND = {
  at: new Date(START).toISOString(),
  seconds: 30,
  sources: 1,
  candidates: 5,
  zones: 1,
  silent: [],
  volume: { packets: 1000, bytes: 1_000_000 },
  bytesPerSecond: 33_000,
  peakBytesPerSecond: 33_000,
  received: 10,
  forwarded: 10,
  answered: 10,
  bytesPerRequest: 100_000,
  unreadableShare: 0,
  truncatedPackets: 0,
  protocols: {},
  expectedUsd: 1,
  expectedUsdPerGb: 1,
}

export const happen = (account: ModelAccount, event: Event): void => {
  const { record } = account
  const now = new Date(account.clock)
  const { phase, pausedSince, endAt } = record.experiment
  const bump = (next: typeof record) => {
    if (next.life.extension)
      account.latestEnd = Math.max(account.latestEnd, Date.parse(next.life.extension.endAt))
    account.record = { ...next, experiment: { ...next.experiment, version: next.experiment.version + 1 } }
  }
  const change = { by: 'ada', reason: 'enough', now }
  if (event.is === 'stop' && mayStop(phase)) bump(stopped(record, change))
  if (event.is === 'kill' && phase !== 'ended') bump(killed(record, change))
  if (event.is === 'pause' && phase === 'mirroring' && pausedSince === null) bump(paused(record, change))
  if (event.is === 'resume' && pausedSince !== null) bump(resumed(record, change))
  if (event.is === 'extend' && mayExtend(phase))
    bump(
      extending(
        record,
        {
          endAt: new Date(Date.parse(endAt) + event.seconds * SECOND).toISOString(),
          budgetUsd: 20,
          by: 'ada',
          reason: null,
        },
        now,
      ),
    )
  if (event.is === 'lose') {
    const eni = ENIS[event.eni]
    if (eni !== undefined && account.enis.size > 1) account.removeSource(eni)
  }
  if (event.is === 'stop-source') account.stopped.add(ENIS[event.eni] ?? '')
  if (event.is === 'start-source') account.stopped.delete(ENIS[event.eni] ?? '')
  if (event.is === 'appear') account.addSource(ENIS[event.eni] ?? '')
  if (event.is === 'health') account.healthy = event.good
  if (event.is === 'broke') account.affordable = false
  const [rule] = account.rules.keys()
  if (event.is === 'lose-rule' && rule !== undefined) account.deleteRule(rule)
  const { probe } = record.experiment
  if (event.is === 'found' && probe?.state === 'probing' && probe.since !== null)
    bump({
      ...record,
      experiment: {
        ...record.experiment,
        probe: { ...probe, found: { ...FOUND, problems: event.good ? [] : ['Nothing arrived.'] } },
      },
    })
}

/** Writes to the store: AWS’s limits are not theirs. */
const OWN_WRITES: ReadonlySet<Action['kind']> = new Set([
  'write-record',
  'write-session',
  'audit',
  'forget-active',
])

/** One run of the reconciler: looks once, then acts, until it dies, is done, or is refused. */
export const run = (
  account: ModelAccount,
  random: () => number,
  dieAfter: number,
  answerLost: boolean,
  /** Which of AWS’s next answers are a refusal for now, as of throttled calls. */
  refusals: boolean[] = [],
): number => {
  let view: View = { record: account.record, sessions: [...account.rows.values()], seen: account.observe() }
  const failed = new Set<string>()
  let waiting = view.record.experiment.phase === 'scheduled'
  let previous = ''
  for (let count = 0; ; count++) {
    const now = new Date(account.clock)
    const actions = plan(view, now, settings, () => 1 + Math.floor(random() * 0xfffffe))
    const action = actions.find((one) => !failed.has(actionName(one)))
    if (!action) return count
    if (JSON.stringify(action) === previous) throw new Error(`${previous} was done and is wanted again`)
    previous = JSON.stringify(action)
    if (count >= dieAfter && !answerLost) return count
    if (CREATES.includes(action.kind) && account.clock >= Date.parse(account.record.experiment.endAt))
      throw new Error(`${actionName(action)} after the end`)
    if (count > 500) throw new Error(`no end of actions: ${previous}`)
    try {
      if (!OWN_WRITES.has(action.kind) && refusals.shift()) throw new Refused('RequestLimitExceeded')
      const answer = account.apply(action, view.sessions, view.seen)
      expectSafe(account)
      if (count >= dieAfter) return count
      view = learn(view, action, answer, now, settings)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      failed.add(actionName(action))
    }
    if (waiting && view.record.experiment.phase === 'preparing') {
      view = { ...view, seen: account.observe() }
      waiting = false
    }
  }
}

export const live = (account: ModelAccount, steps: Case['steps'], random: () => number): void => {
  for (const step of steps) {
    account.deliveries = [...(step.deliveries ?? [])]
    account.skewMs = (step.skewSeconds ?? 0) * SECOND
    for (let second = 0; second < step.seconds; second++) {
      account.advance(SECOND)
      expectSafe(account)
    }
    happen(account, step.event)
    for (let calls = step.calls ?? 1; calls > 0; calls--)
      run(account, random, step.dieAfter, step.answerLost, [...(step.refusals ?? [])])
  }
}

export const left = ({ filters, rules, sessions, schedules, desired }: ModelAccount) => ({
  filters: [...filters.keys()],
  rules: [...rules.keys()],
  sessions: [...sessions.keys()],
  schedules: [...schedules.keys()],
  desired,
})
export const NOTHING = { filters: [], rules: [], sessions: [], schedules: [], desired: 0 }
