import * as z from 'zod'

/** Where an ended experiment’s evidence package lies. */
export const StoredEvidence = z
  .strictObject({
    bucket: z.string().describe('in S3'),
    at: z.iso.datetime().describe('when the package was made: its createdAt'),
    files: z.array(
      z.strictObject({
        format: z.enum(['json', 'html', 'markdown', 'schema']),
        key: z.string(),
        bytes: z.int().nonnegative(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    ),
  })
  .meta({ id: 'StoredEvidence' })
export type StoredEvidence = z.output<typeof StoredEvidence>

/** What was said when evidence was deleted. */
export const EvidenceDeletion = z
  .strictObject({
    by: z
      .string()
      .describe('an admin, or shadowmeter when it has been kept for as long as the deployment sets'),
    reason: z.string(),
    at: z.iso.datetime().describe('from then on nobody is shown it'),
    doneAt: z.iso.datetime().nullable().describe('when all of it was gone; null until then'),
  })
  .meta({ id: 'EvidenceDeletion' })
export type EvidenceDeletion = z.output<typeof EvidenceDeletion>
