import type { GatewayExperiment } from '../../contract/gateway-config.ts'
import type { SourceEni } from '../../contract/source.ts'
import type { Fleet } from './fleet.ts'
import type { Peak } from './gateway-size.ts'
import type { ExperimentRecord, SessionRecord } from './record.ts'
import type { OtherSession } from './starvation.ts'

export type ObservedRule = Readonly<{
  rule: string
  filter: string
  direction: 'ingress' | 'egress'
  number: number
  accepts: boolean
}>

export type ObservedSession = Readonly<{
  session: string
  eni: string
  vni: number
  /** Its tag; null when it has none that can be read. */
  expiresAt: string | null
}>

export type ObservedTask = Readonly<{
  task: string
  /** The configuration it last reported; -1 when it has not reported one. */
  revision: number
  availabilityZone: string
  /** The load balancer finds it healthy. */
  healthy: boolean
}>

/**
 * What the world looked like when it was last looked at, and what was learned since from the answers to our own calls.
 * Everything is about one experiment unless said otherwise.
 */
export type Observed = Readonly<{
  /** Ours by their tags. Describe may not show yet what was made in the last minutes. */
  filters: readonly string[]
  rules: readonly ObservedRule[]
  sessions: readonly ObservedSession[]
  /** Anybody’s other sessions. */
  taken: readonly OtherSession[]
  /** ENIs that another experiment of this deployment mirrors. */
  rivals: readonly Readonly<{ eni: string; experiment: string }>[]
  /** VNIs of all visible sessions, of the gateways’ configuration, and of sessions that ended within the hour. */
  vnis: ReadonlySet<number>
  /** One-time schedules by name; null while the time is not known. */
  schedules: ReadonlyMap<string, string | null>
  /** When the deployment’s gateways go to zero; null without such a schedule. */
  zeroAt: string | null
  gateways: Readonly<{
    desired: number
    healthy: number
    tasks: readonly ObservedTask[]
    /** Packets cross zones in the load balancer; else each zone of the sources needs a task of its own. */
    crossZone: boolean
    /** Zones in which tasks may run; empty where packets cross zones, since nobody asks then. */
    zones: readonly string[]
  }>
  /** What the source resolves to now; null when it was not asked. */
  sources: readonly SourceEni[] | null
  missing: readonly string[]
  /** Addresses of the load balancers before the sources; empty when it was not asked. */
  front: readonly string[]
  config: Readonly<{ revision: number; entry: GatewayExperiment | null }>
  /** Other experiments that need gateways now. */
  others: readonly (Peak & Readonly<{ id: string; endAt: string; sources: number }>)[]
  /** What is remembered of the gateways. */
  fleet: Fleet
  /**
   * Whether the budget allows being here until the next look, and which further ENIs it pays a first hour for; null when
   * it was not asked.
   */
  money: Readonly<{ affordable: boolean; reason: string; joiners: readonly string[] }> | null

  /** Learned from answers: deleted for sure, by id, with the time that counts as their end. */
  gone: ReadonlyMap<string, string>
  /** Learned from answers: leases, by schedule, that fired or can no longer be renewed. */
  lapsed: ReadonlySet<string>
  /** Learned from answers: what our last call made of a rule. */
  turned: ReadonlyMap<string, 'accept' | 'reject'>
  /** Learned from answers: sessions AWS refused to create, as refusalOf names them. */
  refused: ReadonlySet<string>
  /** Learned from answers: sessions that were moved to the experiment’s own filter. */
  moved: ReadonlySet<string>
  /** Learned from answers: the pre-notice has been taken by the event bus. */
  announced: Readonly<{ at: string; enis: number }> | null
  /** Audit entries stored, by id. */
  audited: ReadonlySet<string>
  /** It is not among the active experiments any more. */
  forgotten: boolean
}>

export type View = Readonly<{
  record: ExperimentRecord
  sessions: readonly SessionRecord[]
  seen: Observed
}>

export const refusalOf = (session: Pick<SessionRecord, 'eni' | 'generation'>): string =>
  `${session.eni}#${session.generation}`
