import type { AllowedShadows, Served } from '../contract/destination.ts'
import type { GatewayComparing, GatewayExperiment } from '../contract/gateway-config.ts'
import { FORWARDER_LIMITS } from './forward/forwarder.ts'
import { type Environment, resolveShadows, type Shadows } from './forward/settings.ts'
import { HTTP_LIMITS } from './http/limits.ts'
import { namesOf } from './neighbours/keys.ts'
import type { Watched } from './pipeline.ts'
import type { RecordLimits } from './record/recorder.ts'
import type { RedactionSettings } from './redact/redactor.ts'
import { Hops, type OtherTasks } from './select/hops.ts'
import type { Rules } from './select/rules.ts'
import type { WaitingCopies } from './select/waiting-copies.ts'
import { addressNumber } from './source/datagram-source.ts'
import { BothEnds, NOT_AT_BOTH_ENDS } from './tcp/both-ends.ts'
import { parseMac } from './wire/ethernet.ts'

/** What a gateway does with the packets of some VNIs. */
export type ExperimentConfig = {
  id: string
  /** Service ports; null reads every TCP connection. */
  ports: readonly number[] | null
  shadows: Shadows
  rules: Rules
  /** Responses are captured too: the shadow's answers are compared with them. */
  compare: boolean
  comparing: GatewayComparing
  /** Pairs are made; not while another set of gateways takes over. */
  paired?: boolean
  redaction: RedactionSettings
  /** What is forwarded is written down, up to so much of it; nothing is when left out. Stays as it was at first. */
  record?: RecordLimits
  /** What the deployment allows; null where the one who starts the gateway names the shadow himself. */
  allowed: AllowedShadows | null
  /** What production is reached at, of other experiments too: nothing is forwarded there. */
  production: readonly Served[]
  /** A connection between two of the sources is mirrored whole at both ends. */
  bothEnds: boolean
  /** Milliseconds since the epoch; nothing is read or forwarded after it. */
  until: number
  /**
   * Mirrored ENIs. A gateway without a control plane knows no addresses (null admits any) and perhaps no VNIs (`any`
   * admits all).
   */
  sources: readonly { vni: number; address: string | null; mac?: string }[] | 'any'
}

/** When the shadow’s data was taken, if that was said: milliseconds since the epoch. */
export const snapshotTime = ({ comparing: { snapshotAt } }: ExperimentConfig): number | null =>
  snapshotAt === undefined ? null : Date.parse(snapshotAt)

/** What a task knows beside its configuration: that is in a table which others can write to, too. */
export type TaskSurroundings = {
  /** Where the secrets are that the shadows need. */
  environment: Environment
  allowed: AllowedShadows
  production: readonly Served[]
  /** It has a place for records; it has none when left out. */
  records?: boolean
}

/** Sources and load balancers of all experiments: each is production, whichever of them forwards. */
export const servedBy = (experiments: readonly GatewayExperiment[]): Served[] =>
  experiments.flatMap(({ sources, production, ports }) => [
    ...sources.map(({ address }) => ({ address, ports })),
    ...production.map((address) => ({ address, ports: [] })),
  ])

export const fromContract = (
  experiment: GatewayExperiment,
  { environment, allowed, production, records }: TaskSurroundings,
): ExperimentConfig => ({
  id: experiment.id,
  ports: experiment.ports,
  shadows: resolveShadows(experiment.shadow, environment),
  rules: {
    percent: experiment.percent,
    writes: experiment.writes,
    select: experiment.select,
    sharedBy: experiment.tasks,
  },
  compare: experiment.compare,
  comparing: experiment.comparing,
  paired: experiment.paired,
  redaction: experiment.redaction,
  ...(experiment.record && records && { record: recordLimits(experiment.record, experiment.tasks) }),
  until: Date.parse(experiment.until),
  allowed,
  production,
  bothEnds: experiment.bothEnds,
  sources: experiment.sources,
})

/** Which packets are read, and as whose. */
export const watchedOf = (config: ExperimentConfig): Watched => ({
  ports: config.ports === null ? null : new Set(config.ports),
  macs: macsOf(config),
  bothEnds: bothEndsOf(config),
})

const macsOf = ({ sources }: ExperimentConfig): ReadonlyMap<number, number> => {
  const macs = new Map<number, number>()
  if (sources === 'any') return macs
  for (const { vni, mac } of sources) {
    const number = mac === undefined ? null : parseMac(mac)
    if (number !== null) macs.set(vni, number)
  }
  return macs
}

const bothEndsOf = ({ bothEnds, sources }: ExperimentConfig): BothEnds =>
  !bothEnds || sources === 'any'
    ? NOT_AT_BOTH_ENDS
    : new BothEnds(
        sources.flatMap(({ vni, address }) => {
          const number = address === null ? null : addressNumber(address)
          return number === null ? [] : [{ vni, address: number }]
        }),
      )

/** With one source there is no other hop. */
export const hopsOf = (
  config: ExperimentConfig,
  copies: WaitingCopies | undefined,
  others: OtherTasks | null,
): Hops | null => {
  const { id, rules, sources, redaction } = config
  const { hops } = rules.select
  if (hops === 'each' || sources === 'any' || sources.length < 2) return null
  return new Hops(
    sources.flatMap(({ address }) => address ?? []),
    hops,
    namesOf(id, redaction.key),
    copies,
    others,
  )
}

/** What `hopsOf` goes by: it need not be asked again while this is the same. */
export const hopsBasis = ({ rules, sources, redaction: { key } }: ExperimentConfig) => ({
  ...{ hops: rules.select.hops, sources, key },
})

/** Its copies are looked for in other tasks, too. */
export const asksOthers = ({ rules, sources, redaction }: ExperimentConfig): boolean =>
  rules.select.hops === 'once' && sources !== 'any' && sources.length > 1 && redaction.key !== null

/** Bodies are kept as long as redaction can read them. */
export const bodyLimits = ({ redaction: { settings } }: ExperimentConfig) => ({
  requestBodyBytes: Math.max(HTTP_LIMITS.requestBodyBytes, settings.bodyBytesMax),
})

/** The longest body and one more wait without pushing each other out. */
export const queueBytes = ({ redaction: { settings } }: ExperimentConfig): number =>
  Math.max(FORWARDER_LIMITS.queueBytes, 2 * settings.bodyBytesMax)

/** A request that is sent again has to be whole, and a part of a record has to fit into an answer of the API. */
const RECORDED_REQUEST_BYTES_MAX = 1 << 20

const recordLimits = (
  { bytes, until }: NonNullable<GatewayExperiment['record']>,
  tasks: number,
): RecordLimits => ({
  bytes: bytes / tasks,
  until: Date.parse(until),
  requestBytes: RECORDED_REQUEST_BYTES_MAX,
})
