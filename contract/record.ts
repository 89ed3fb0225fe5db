import * as z from 'zod'
import { SHADOW_RESULTS } from './traffic.ts'

/**
 * A record in its own format, newline-delimited JSON: a `RecordHeader`, then one `RecordedExchange` a line, in the order in
 * which they ended. A file that was cut can be read up to its last whole line.
 */
export const RECORD_FORMAT = 'shadowmeter-record'

const time = z.number().nonnegative().describe('milliseconds since 1970, with fractions')

const fields = z
  .array(z.string())
  .refine(({ length }) => length % 2 === 0, 'a name without a value')
  .describe('name, value, name, value … as they were sent; one character is one byte')

const Body = z.union([z.strictObject({ text: z.string() }), z.strictObject({ base64: z.base64() })])

const Endpoint = z.strictObject({
  address: z.union([z.ipv4(), z.ipv6()]),
  port: z.int().min(0).max(65_535),
})

const message = {
  headers: fields,
  trailers: fields.default([]),
  body: Body.exactOptional().describe('without chunks, content codings left on; absent when there is none'),
  bodyBytes: z
    .int()
    .positive()
    .exactOptional()
    .describe('length of a body that is not here: it was too long, or could not be redacted'),
  firstAt: time,
  lastAt: time,
}

export const RecordedRequest = z.strictObject({
  method: z.string().min(1),
  target: z.string().min(1),
  version: z.enum(['1.0', '1.1', '2']),
  host: z.string().nullable(),
  ...message,
})

export const RecordedAnswer = z.strictObject({
  status: z.int().min(100).max(999),
  reason: z.string().default(''),
  ...message,
})
export type RecordedAnswer = z.output<typeof RecordedAnswer>

export const RecordedExchange = z.strictObject({
  connection: z.strictObject({
    id: z.int().nonnegative().describe('the same for requests of one connection'),
    client: Endpoint,
    server: Endpoint,
  }),
  request: RecordedRequest.describe('as it was redacted, before it was rewritten and marked for the shadow'),
  production: RecordedAnswer.nullable().describe('null when no whole answer was seen'),
  shadow: z
    .strictObject({
      result: z.enum(SHADOW_RESULTS),
      sentAt: time,
      answer: RecordedAnswer.nullable().describe('null when it gave none'),
    })
    .nullable()
    .describe('null where no shadow was asked'),
})
export type RecordedExchange = z.output<typeof RecordedExchange>

export const RecordHeader = z.strictObject({
  format: z.literal(RECORD_FORMAT),
  version: z.literal(1),
  experiment: z.string(),
  startedAt: z.iso.datetime(),
  redacted: z.boolean().describe('whether credentials and personal data were replaced before it was written'),
})
export type RecordHeader = z.output<typeof RecordHeader>

/** What a recording may hold by default: bytes of its file, and seconds from its start. */
export const RECORD_LIMITS = { bytes: 100_000_000, seconds: 3_600 }
