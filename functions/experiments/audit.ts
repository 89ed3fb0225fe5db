import { createHash } from 'node:crypto'
import type { AuditEntry, AuditState, BudgetEntry, ScheduleEntry } from '../../contract/audit.ts'
import type { Experiment } from '../../contract/experiment.ts'
import { ulid } from './ulid.ts'

/** Who changes an experiment when no person does. */
export const CONTROL_PLANE = 'shadowmeter'

/**
 * The entry for a change of the record as it was read; `before` is null for its creation. Its id follows from the change
 * and the experiment’s revision, so that an entry written twice is one entry, and those of one millisecond keep their
 * order.
 */
export const auditEntry = (
  before: Experiment | null,
  after: Experiment,
  { who, what, why }: { who: string; what: string; why: string | null },
  now: Date,
): AuditEntry => {
  const { id, revision } = after
  return {
    id: entryId(id, revision, what, now),
    experiment: id,
    at: now.toISOString(),
    who,
    what,
    why,
    ...(before === null && after.spec.dependencies && { declared: after.spec.dependencies }),
    before: before && stateOf(before),
    after: stateOf(after),
  }
}

const entryId = (of: string, revision: number, what: string, now: Date): string => {
  const order = Buffer.alloc(4)
  order.writeUInt32BE(revision)
  const hash = createHash('sha256').update(`${of} ${revision} ${what}`).digest()
  return ulid(now.getTime(), Buffer.concat([order, hash]))
}

type Budget = Readonly<{ owner: string; monthUsd: number | null; revision: number }>

export const budgetEntry = (
  before: Budget,
  after: Budget,
  { who, why }: { who: string; why: string | null },
  now: Date,
): BudgetEntry => {
  const what =
    after.monthUsd === null ? 'budget removed' : before.monthUsd === null ? 'budget set' : 'budget changed'
  const state = ({ monthUsd }: Budget) => (monthUsd === null ? null : { monthUsd })
  return {
    id: entryId(`budget ${after.owner}`, after.revision, what, now),
    owner: after.owner,
    at: now.toISOString(),
    who,
    what,
    why,
    before: state(before),
    after: state(after),
  }
}

type Schedule = Readonly<{ id: string; revision: number }>

/** `revision` of the schedule is the one that the change makes. */
export const scheduleEntry = (
  { id, revision }: Schedule,
  { before, after }: Pick<ScheduleEntry, 'before' | 'after'>,
  { who, why }: { who: string; why: string | null },
  now: Date,
): ScheduleEntry => {
  const what = before === null ? 'schedule created' : after === null ? 'schedule deleted' : 'schedule changed'
  return {
    id: entryId(id, revision, what, now),
    schedule: id,
    at: now.toISOString(),
    who,
    what,
    why,
    before,
    after,
  }
}

const stateOf = ({ phase, outcome, endAt, spec }: Experiment): AuditState => ({
  phase,
  outcome,
  endAt,
  budgetUsd: spec.budgetUsd,
})
