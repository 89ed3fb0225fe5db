/**
 * The one DynamoDB table. An experiment is one item with a version; what belongs to it are items beside it.
 *
 * | pk                | sk                    | item                                                |
 * | ----------------- | --------------------- | --------------------------------------------------- |
 * | EXPERIMENTS       | <experiment id>       | the experiment                                      |
 * | ACTIVE            | <experiment id>       | that it has not ended                               |
 * | EXPERIMENT#<id>   | LEDGER#<eni>#<gen>    | one mirror session and what it owes                 |
 * | EXPERIMENT#<id>   | METER#<time>          | the meter at one tick                               |
 * | EXPERIMENT#<id>   | NOISE#<place>         | what somebody decided about differences in a place  |
 * | EXPERIMENT#<id>   | BILL                  | what AWS’s bill said about it                       |
 * | EXPERIMENT#<id>   | WATCH                 | what the abort rules have seen                      |
 * | EXPERIMENT#<id>   | RESOURCES             | what production and shadow have used, added up      |
 * | EXPERIMENT#<id>   | TASK#<task>           | the last report of one gateway task, for the totals |
 * | EXPERIMENT#<id>   | AUDIT#<ulid>          | who changed what                                    |
 * | AUDIT             | <ulid>                | the same entry, in the trail of all experiments     |
 * | NOTICES           | <ulid>                | a notice that the event bus may not have got yet    |
 * | WRITERS           | <experiment id>       | the lease of the one writer, with its fencing token |
 * | SCHEDULES         | <schedule id>         | when an experiment runs again and again             |
 * | IDEMPOTENCY       | <key>                 | the experiment that a create with this key made     |
 * | BUDGETS           | <owner>               | what its experiments may cost in a month            |
 * | MONTH#<2026-11>   | <owner>#<experiment>  | what an experiment takes of its owner’s month       |
 * | PRICES            | STATE                 | which price table is in force                       |
 * | PRICES            | TABLE#<version>       | one table of prices; it never changes               |
 * | RETENTION         | <end>#<experiment id> | that its evidence is kept for a time from its end on |
 * | SWEEP             | CURSORS               | how far old items are deleted                       |
 * | VNIS              | <vni>                 | that it was used, and until when nobody gets it     |
 * | GATEWAY           | FLEET                 | the gateways’ load, and the swap under way          |
 * | GATEWAY           | TASKS                 | where running gateway tasks ask each other          |
 * | GATEWAY           | REVISION              | which configuration the gateways should run         |
 * | GATEWAY#<rev>     | CHUNK#<n>             | `text`: a piece of that configuration’s JSON        |
 * | REPORTS#<minute>  | <task>                | its GatewayReport by then, field by field           |
 * | COMPARISON#<id>   | <task>                | `data`: what it has compared, gzipped JSON          |
 */
type Key = Readonly<{ pk: string; sk: string }>

const sequence = (n: number): string => String(n).padStart(6, '0')

export const EXPERIMENTS = 'EXPERIMENTS'
export const belongings = (experiment: string): string => `EXPERIMENT#${experiment}`

export const experimentKey = (experiment: string): Key => ({ pk: EXPERIMENTS, sk: experiment })
export const SCHEDULES = 'SCHEDULES'
export const scheduleKey = (schedule: string): Key => ({ pk: SCHEDULES, sk: schedule })
export const ACTIVE = 'ACTIVE'
export const activeKey = (experiment: string): Key => ({ pk: ACTIVE, sk: experiment })
export const ledgerKey = (experiment: string, eni: string, generation: number): Key => ({
  pk: belongings(experiment),
  sk: `LEDGER#${eni}#${sequence(generation)}`,
})
export const meterKey = (experiment: string, at: string): Key => ({
  pk: belongings(experiment),
  sk: `METER#${at}`,
})
export const taskKey = (experiment: string, task: string): Key => ({
  pk: belongings(experiment),
  sk: `TASK#${task}`,
})
export const billKey = (experiment: string): Key => ({ pk: belongings(experiment), sk: 'BILL' })
export const watchKey = (experiment: string): Key => ({ pk: belongings(experiment), sk: 'WATCH' })
export const resourcesKey = (experiment: string): Key => ({ pk: belongings(experiment), sk: 'RESOURCES' })
export const NOISE_PREFIX = 'NOISE#'
export const noiseKey = (experiment: string, place: string): Key => ({
  pk: belongings(experiment),
  sk: `${NOISE_PREFIX}${place}`,
})
export const auditKey = (experiment: string, ulid: string): Key => ({
  pk: belongings(experiment),
  sk: `AUDIT#${ulid}`,
})
/** The trail of all experiments: a handful of entries each, far below what one partition can take. */
export const AUDIT = 'AUDIT'
export const trailKey = (ulid: string): Key => ({ pk: AUDIT, sk: ulid })
export const NOTICES = 'NOTICES'
export const noticeKey = (ulid: string): Key => ({ pk: NOTICES, sk: ulid })
export const WRITERS = 'WRITERS'
export const writerKey = (experiment: string): Key => ({ pk: WRITERS, sk: experiment })
export const IDEMPOTENCY = 'IDEMPOTENCY'
export const idempotencyKey = (key: string): Key => ({ pk: IDEMPOTENCY, sk: key })
export const BUDGETS = 'BUDGETS'
export const budgetKey = (owner: string): Key => ({ pk: BUDGETS, sk: owner })
export const monthsOf = (month: string): string => `MONTH#${month}`
/** No owner’s name has a #: no other owner’s keys begin so. */
export const monthOfOwner = (owner: string): string => `${owner}#`
export const monthKey = (month: string, owner: string, experiment: string): Key => ({
  pk: monthsOf(month),
  sk: `${monthOfOwner(owner)}${experiment}`,
})
export const priceStateKey: Key = { pk: 'PRICES', sk: 'STATE' }
export const priceKey = (version: string): Key => ({ pk: 'PRICES', sk: `TABLE#${version}` })
export const RETENTION = 'RETENTION'
export const retentionKey = (endedAt: string, experiment: string): Key => ({
  pk: RETENTION,
  sk: `${endedAt}#${experiment}`,
})
export const sweepKey: Key = { pk: 'SWEEP', sk: 'CURSORS' }
export const VNIS = 'VNIS'
export const vniKey = (vni: number): Key => ({ pk: VNIS, sk: String(vni) })
export const fleetKey: Key = { pk: 'GATEWAY', sk: 'FLEET' }
export const gatewayTasksKey: Key = { pk: 'GATEWAY', sk: 'TASKS' }
export const revisionKey: Key = { pk: 'GATEWAY', sk: 'REVISION' }
export const chunksOf = (revision: number): string => `GATEWAY#${revision}`
/** Several writers may try for one revision: each has pieces of its own. */
export const chunkKey = (revision: number, writer: string, index: number): Key => ({
  pk: chunksOf(revision),
  sk: `CHUNK#${writer}#${sequence(index)}`,
})

export const comparisonsOf = (experiment: string): string => `COMPARISON#${experiment}`
export const comparisonKey = (experiment: string, task: string): Key => ({
  pk: comparisonsOf(experiment),
  sk: task,
})

/** The minute a report belongs to, as 2026-11-21T14:05. */
export const minuteOf = (at: Date): string => at.toISOString().slice(0, 16)
export const reportsOf = (minute: string): string => `REPORTS#${minute}`
export const reportKey = (minute: string, task: string): Key => ({ pk: reportsOf(minute), sk: task })
