import * as z from 'zod'
import { operation } from '../operation.ts'
import { PreviewedEni, Source, SourceEni } from '../source.ts'
import { sourceExamples } from './examples.ts'

export const listSources = operation({
  id: 'listSources',
  route: 'GET /sources',
  summary: 'List the network interfaces that could be mirrored, each with its verdict',
  params: z.strictObject({}),
  query: z.strictObject({
    maxResults: z.coerce.number().int().min(5).max(1000).default(200),
    nextToken: z.string().min(1).max(2048).exactOptional(),
  }),
  body: z.undefined(),
  result: z.strictObject({ sources: z.array(SourceEni), nextToken: z.string().nullable() }),
  status: 200,
  idempotent: false,
})

export const previewSource = operation({
  id: 'previewSource',
  route: 'POST /sources/preview',
  summary: 'Resolve a source: every network interface it means now, each with its verdict and reason',
  params: z.strictObject({}),
  query: z.strictObject({}),
  body: z.strictObject({ source: Source }),
  result: z.strictObject({
    enis: z.array(PreviewedEni),
    missing: z
      .array(z.string())
      .describe('what the source names and nothing was found for, one sentence each'),
  }),
  status: 200,
  idempotent: false,
  examples: sourceExamples,
})
