import * as z from 'zod'
import { Dependencies } from './dependencies.ts'
import { ExperimentId, Outcome, Phase, Timestamp } from './experiment.ts'
import { Usd } from './money.ts'
import { OwnerName } from './owner.ts'
import { ScheduleId, WindowScheduleSpec } from './window-schedule.ts'

/** What a change can change: an experiment’s place in its life, its end and its budget. */
export const AuditState = z
  .strictObject({
    phase: Phase,
    outcome: Outcome.nullable(),
    endAt: Timestamp.describe('the end in force'),
    budgetUsd: Usd,
  })
  .meta({ id: 'AuditState' })
export type AuditState = z.output<typeof AuditState>

const Entry = {
  id: z.string().describe('a ULID: the order of ids is the order of changes'),
  at: Timestamp,
  who: z.string().describe('a person, a role’s ARN, local, or shadowmeter for the control plane itself'),
  what: z.string().describe('what was done, for example created, mirroring, or draining: stopped'),
  why: z.string().nullable(),
}

/** One change of an experiment: who did what, when and why. Entries are only ever added. */
export const AuditEntry = z
  .strictObject({
    ...Entry,
    experiment: ExperimentId,
    declared: Dependencies.exactOptional().describe('of a creation: what the shadow was said to use'),
    before: AuditState.nullable().describe('null where there was nothing before'),
    after: AuditState,
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.output<typeof AuditEntry>

/** One change of a schedule. */
export const ScheduleEntry = z
  .strictObject({
    ...Entry,
    schedule: ScheduleId,
    before: WindowScheduleSpec.nullable().describe('null where there was nothing before'),
    after: WindowScheduleSpec.nullable().describe('null when it was deleted'),
  })
  .meta({ id: 'ScheduleEntry' })
export type ScheduleEntry = z.output<typeof ScheduleEntry>

const BudgetState = z.strictObject({ monthUsd: Usd })

/** One change of what an owner’s experiments may cost in a month. */
export const BudgetEntry = z
  .strictObject({
    ...Entry,
    owner: OwnerName,
    before: BudgetState.nullable().describe('null: no limit'),
    after: BudgetState.nullable().describe('null: no limit any more'),
  })
  .meta({ id: 'BudgetEntry' })
export type BudgetEntry = z.output<typeof BudgetEntry>

/** What the trail of everything has: each entry names what was changed. */
export const TrailEntry = z.union([AuditEntry, ScheduleEntry, BudgetEntry])
export type TrailEntry = z.output<typeof TrailEntry>
