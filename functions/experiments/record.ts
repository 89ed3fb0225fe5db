import * as z from 'zod'
import { AuditEntry } from '../../contract/audit.ts'
import { Experiment, Timestamp } from '../../contract/experiment.ts'
import { Usd } from '../../contract/money.ts'
import { EniId } from '../../contract/source.ts'
import { GATEWAY_SIZE } from '../cost/usage.ts'
import { UNKNOWN_PEAK } from './gateway-size.ts'

/** A change of the end that was asked for and is not in force yet: schedules and tags move first, then the end. */
export const Extension = z.object({
  endAt: Timestamp,
  budgetUsd: Usd,
  by: z.string(),
  reason: z.string().nullable(),
})
export type Extension = z.output<typeof Extension>

/**
 * One rule of the experiment’s filter; `slot` is its place in the compiled filter. It is made as one that rejects, stays as
 * long as the filter, and accepts only under a lease: a one-time schedule that makes it reject again.
 */
export const RuleRecord = z.object({
  slot: z.int().nonnegative(),
  rule: z.string(),
  /** Leases that are over or given up: the present one, or the next, has this number. */
  leases: z.int().nonnegative().default(0),
  /** Written when the lease is armed: only then may the rule accept. Null: it is to reject. */
  leaseUntil: Timestamp.nullable(),
  createdAt: Timestamp,
})
export type RuleRecord = z.output<typeof RuleRecord>

/** What the reconciler must remember about an experiment beside what the API shows. */
export const Life = z.object({
  preparingSince: Timestamp.nullable(),
  drainingSince: Timestamp.nullable(),
  /** Since when the gateways are not fit to receive; null while they are. */
  unfitSince: Timestamp.nullable(),
  /** The ENIs it was prepared with; null before. From then on its ledger rows say what it mirrors. */
  enis: z.array(EniId).nullable(),
  /** The VNIs that the sessions on these are to get, by ENI: the gateways know them before any session exists. */
  vnis: z.record(z.string(), z.int().min(1).max(0xffffff)).default({}),
  /** Addresses of the load balancers that production’s requests come through, as they were then. */
  front: z.array(z.string()).default([]),
  filter: z.string().nullable(),
  filterGeneration: z.int().nonnegative(),
  /** Written before the filter is made, so that one whose id got lost is looked for. */
  filterIntendedAt: Timestamp.nullable(),
  rules: z.array(RuleRecord),
  /** Generation per rule slot: the next one after somebody else deleted its rule. */
  ruleGenerations: z.array(z.int().nonnegative()),
  /** Gateway configuration revision since which its present entry is in force; null before the first. */
  configRevision: z.int().nullable(),
  /** When the pre-notice was taken by the event bus; null before, and where the deployment asks for none. */
  announcedAt: Timestamp.nullable().default(null),
  /** When the one-time schedules that call the control plane are armed for. */
  startScheduledAt: Timestamp.nullable(),
  endScheduledAt: Timestamp.nullable(),
  extension: Extension.nullable(),
  /** An extension that a second person has not approved yet. */
  proposed: Extension.nullable().default(null),
  /** It was killed: its end waits for nothing that is in flight. */
  atOnce: z.boolean().default(false),
  /** Outer bytes a second that its sources sent at their busiest; 0 where nobody knew when it was made. */
  peakBytesPerSecond: z.number().nonnegative().default(0),
  peakPacketsPerSecond: z.number().nonnegative().default(0),
  /** Of the gateway tasks of the deployment that made it: what each of their seconds costs. */
  gatewaySize: z.object({ vcpus: z.number(), memoryGb: z.number() }).default(GATEWAY_SIZE),
  /** Since when the gateways have received nothing, by VNI. */
  silentSince: z.record(z.string(), Timestamp).default({}),
  /** Silent ENIs whose instances have traffic, and when CloudWatch was asked. */
  unheard: z.array(EniId).default([]),
  unheardAt: Timestamp.nullable().default(null),
  /** The last thing AWS refused, for the reason when the experiment fails. */
  lastError: z.string().nullable(),
  /** Configuration revision from which on gateways know nothing of the experiment any more. */
  removedRevision: z.int().nullable(),
  /** How often the control plane looked at it, and the seconds of load balancer it answers for. */
  ticks: z.int().nonnegative(),
  standingSeconds: z.number().nonnegative(),
  /** The stage of the ramp, and since when it is in force everywhere: null while it is being brought about. */
  stage: z.object({ index: z.int().nonnegative(), since: Timestamp.nullable() }),
  /** What had been mirrored when the probe’s time began, and the fastest rate between two looks since. */
  probe: z
    .object({ packets: z.int().nonnegative(), bytes: z.int().nonnegative(), peakBytesPerSecond: z.number() })
    .nullable()
    .default(null),
  /** Of the first stage of a ramp: what the shadow made of requests that production answered 2xx. */
  canary: z
    .object({ answered: z.int().nonnegative(), rejected: z.int().nonnegative() })
    .nullable()
    .default(null),
  /** The verdict so far, when the next stage of the ramp was to begin; null before. */
  verdict: z
    .object({ outcome: z.enum(['pass', 'fail', 'inconclusive']), sentence: z.string() })
    .nullable()
    .default(null),
  /** Metrics asked of CloudWatch for the abort rules: each is paid. */
  metricsRead: z.int().nonnegative(),
  /** The month it was last metered in, and what it had cost when that began for it; null before it is metered. */
  month: z.object({ month: z.string(), beforeUsd: Usd }).nullable().default(null),
  /** Version of the price table that it is reckoned with from its beginning to its end; null before that. */
  prices: z.string().nullable().default(null),
  /** For how many days what it records is kept, as the deployment had it at its beginning; null before that. */
  recordDays: z.number().positive().nullable().default(null),
  /** Share of the mirrored bytes that cross Availability Zones, as last seen. */
  crossAzShare: z.number().min(0).max(1),
  /** Audit entries of this record’s changes that are not stored yet: a change and its entry are one write. */
  outbox: z.array(AuditEntry),
  /** Key of its pseudonyms, in base64: gateways alone get it, no answer of the API has it, and its end destroys it. */
  redactionKey: z.string().nullable().default(null),
  /** When somebody changed what the evidence of an ended experiment says: it is stored anew. */
  evidenceChangedAt: Timestamp.nullable().default(null),
})
export type Life = z.output<typeof Life>

export const newLife = (): Life => ({
  preparingSince: null,
  drainingSince: null,
  unfitSince: null,
  enis: null,
  vnis: {},
  front: [],
  filter: null,
  filterGeneration: 0,
  filterIntendedAt: null,
  rules: [],
  ruleGenerations: [],
  configRevision: null,
  announcedAt: null,
  startScheduledAt: null,
  endScheduledAt: null,
  extension: null,
  proposed: null,
  atOnce: false,
  ...UNKNOWN_PEAK,
  gatewaySize: GATEWAY_SIZE,
  silentSince: {},
  unheard: [],
  unheardAt: null,
  evidenceChangedAt: null,
  lastError: null,
  removedRevision: null,
  ticks: 0,
  standingSeconds: 0,
  stage: { index: 0, since: null },
  probe: null,
  canary: null,
  verdict: null,
  metricsRead: 0,
  prices: null,
  recordDays: null,
  month: null,
  crossAzShare: 1,
  outbox: [],
  redactionKey: null,
})

/** The experiment as it is stored: what the API shows, and what the reconciler remembers. */
export const ExperimentRecord = z.object({ experiment: Experiment, life: Life })
export type ExperimentRecord = z.output<typeof ExperimentRecord>

/** One mirror session of an experiment, from the intent to create it to its end. Money is not in here: it is computed. */
export const SessionRecord = z.object({
  eni: EniId,
  /** Its instance when it was intended; null where it had none, or before that was written down. */
  instance: z.string().nullable().default(null),
  generation: z.int().nonnegative(),
  /** Its place among the kill schedules, which are spread over time: the lowest that was free. */
  slot: z.int().nonnegative().default(0),
  state: z.enum(['intended', 'active', 'deleted']),
  /** It joined a running experiment: made on the parking filter, and not moved to the experiment’s own yet. */
  parked: z.boolean().default(false),
  /** Its source went away. Only then may the ENI get another session: one that others deleted is not made anew. */
  leaving: z.boolean().default(false),
  session: z.string().nullable(),
  vni: z.int().min(1).max(0xffffff),
  /** Priority on its ENI, 1 the highest. */
  number: z.int().min(1).max(32_766),
  address: z.string(),
  mac: z.string(),
  availabilityZone: z.string(),
  /** The tag it was, or is to be, created with: a repeated create must say exactly the same. */
  expiresAt: Timestamp,
  /** When its own schedule deletes it. */
  killAt: Timestamp.nullable(),
  intendedAt: Timestamp,
  /**
   * Null until it is known to exist. Then the time of the intent: an answer that was lost must not make it younger than
   * AWS’s bill has it.
   */
  createdAt: Timestamp.nullable(),
  /** When AWS last answered with it: for some minutes after that Describe may not show it. */
  knownAt: Timestamp.nullable(),
  deletedAt: Timestamp.nullable(),
})
export type SessionRecord = z.output<typeof SessionRecord>
