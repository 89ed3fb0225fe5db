import * as z from 'zod'
import { ExperimentId, Outcome, Phase, Timestamp } from './experiment.ts'
import { Usd } from './money.ts'

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

/** One change of an experiment: who did what, when and why. Entries are only ever added. */
export const AuditEntry = z
  .strictObject({
    id: z.string().describe('a ULID: the order of ids is the order of changes'),
    experiment: ExperimentId,
    at: Timestamp,
    who: z.string().describe('a person, a role’s ARN, local, or shadowmeter for the control plane itself'),
    what: z.string().describe('what was done, for example created, mirroring, or draining: stopped'),
    why: z.string().nullable(),
    before: AuditState.nullable().describe('null where there was nothing before'),
    after: AuditState,
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.output<typeof AuditEntry>
