import { createHash } from 'node:crypto'
import * as z from 'zod'
import { type Experiment, Phase, Timestamp } from '../../contract/experiment.ts'
import { ulid } from './ulid.ts'

/** One change of an experiment: who did what, when and why. Entries are only ever added. */
export const AuditEntry = z.object({
  /** ULID: the order of entries. */
  id: z.string(),
  at: Timestamp,
  who: z.string(),
  what: z.string(),
  why: z.string().nullable(),
  before: Phase.nullable(),
  after: Phase.nullable(),
})
export type AuditEntry = z.output<typeof AuditEntry>

/** Who changes an experiment when no person does. */
export const CONTROL_PLANE = 'shadowmeter'

/**
 * The entry for a change of the record as it was read. Its id follows from the change and the record’s version, so that
 * an entry written twice is one entry, and those of one millisecond keep their order.
 */
export const auditEntry = (
  experiment: Pick<Experiment, 'id' | 'version' | 'phase'>,
  change: { who: string; what: string; why: string | null; after: Phase },
  now: Date,
): AuditEntry => {
  const { id, version, phase } = experiment
  const order = Buffer.alloc(4)
  order.writeUInt32BE(version)
  const hash = createHash('sha256').update(`${id} ${version} ${change.what}`).digest()
  const { who, what, why, after } = change
  return {
    id: ulid(now.getTime(), Buffer.concat([order, hash])),
    at: now.toISOString(),
    who,
    what,
    why,
    before: phase,
    after,
  }
}
