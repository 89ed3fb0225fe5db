import * as z from 'zod'
import { operation } from '../operation.ts'
import { PreviewedEni, Source, SourceEni } from '../source.ts'
import { sourceExamples } from './examples.ts'
import { nextToken, Page } from './page.ts'

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
  query: z.strictObject({
    ...Page,
    maxResults: z.coerce.number().int().min(1).max(1000).default(200),
  }),
  body: z.strictObject({ source: Source }),
  result: z.strictObject({
    enis: z.array(PreviewedEni).describe('in order of their ids, page by page'),
    found: z
      .strictObject({
        meant: z.int().nonnegative(),
        supported: z.int().nonnegative().describe('of `meant`: those that AWS mirrors for sure'),
        excluded: z.int().nonnegative().describe('found, and left out by the source itself'),
      })
      .describe('how many there are in all'),
    missing: z
      .array(z.string())
      .describe('what the source names and nothing was found for, one sentence each'),
    nextToken,
  }),
  status: 200,
  idempotent: false,
  examples: sourceExamples,
})
