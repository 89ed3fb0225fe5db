import * as z from 'zod'

/** Where an ended experiment’s evidence package lies. */
export const StoredEvidence = z
  .strictObject({
    bucket: z.string().describe('in S3; how long it stays there is the bucket’s lifecycle'),
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
