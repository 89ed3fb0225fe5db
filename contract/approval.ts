import * as z from 'zod'

/** What a deployment may ask a second person for. */
export const APPROVABLE = ['mirroring', 'writes', 'redaction', 'extending'] as const
export const Approvable = z
  .enum(APPROVABLE)
  .describe(
    'mirroring: every experiment; writes: one that forwards them; redaction: one that sends something as it is; ' +
      'extending: a later end or another budget',
  )
export type Approvable = z.output<typeof Approvable>

/** What waits, or waited, for a second person: nothing of it happens before. */
export const Approval = z
  .strictObject({
    for: z.array(Approvable),
    askedBy: z.string(),
    askedReason: z.string().nullable().default(null).describe('why who asked wants it'),
    by: z.string().nullable().describe('never who asked; null while it waits'),
    reason: z.string().nullable().describe('why who approved it did'),
    at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Approval' })
export type Approval = z.output<typeof Approval>

export const isAwaited = (approval: Approval | null): boolean => approval !== null && approval.by === null

/** A later end that waits holds nothing else up. */
export const isStartAwaited = (approval: Approval | null): boolean =>
  approval !== null && isAwaited(approval) && !approval.for.includes('extending')
