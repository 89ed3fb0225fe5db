import * as z from 'zod'

export const EniId = z.string().regex(/^eni-[0-9a-f]{8,17}$/, 'an ENI id looks like eni-0123456789abcdef0')
const InstanceId = z.string().regex(/^i-[0-9a-f]{8,17}$/, 'an instance id looks like i-0123456789abcdef0')
const Tags = z
  .record(z.string().min(1).max(127), z.string().max(256))
  .refine((tags) => Object.keys(tags).length > 0, 'name at least one tag')

/** What is mirrored. However it is named, it is always resolved to elastic network interfaces (ENIs). */
export const Source = z
  .discriminatedUnion('by', [
    z.strictObject({ by: z.literal('eni'), ids: z.array(EniId).min(1).max(1000) }),
    z.strictObject({
      by: z.literal('instance'),
      ids: z.array(InstanceId).min(1).max(1000).describe('the primary ENI of each instance'),
    }),
    z.strictObject({
      by: z.literal('tag'),
      match: z.enum(['all', 'any']).describe('all: an instance must carry every tag; any: at least one'),
      tags: Tags,
    }),
  ])
  .meta({ id: 'Source' })
export type Source = z.output<typeof Source>

export const EniVerdict = z.enum(['supported', 'unsupported', 'unknown', 'undocumented'])
export type EniVerdict = z.output<typeof EniVerdict>

/** One ENI that a source resolves to, and whether it can be mirrored. */
export const SourceEni = z
  .strictObject({
    eni: EniId,
    address: z
      .string()
      .describe('primary private IP address: the outer source address of its mirrored packets'),
    mac: z.string(),
    instance: z.string().nullable(),
    instanceType: z.string().nullable(),
    name: z.string().nullable().describe('the Name tag of the instance'),
    availabilityZone: z.string(),
    verdict: EniVerdict,
    reason: z.string().describe('one sentence: why this verdict'),
    tags: z.record(z.string(), z.string()),
  })
  .meta({ id: 'SourceEni' })
export type SourceEni = z.output<typeof SourceEni>
