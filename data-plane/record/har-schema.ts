import * as z from 'zod'

/** HTTP Archive 1.2, as far as it is read; what else a file says is left alone, as the format asks. */

/** Who writes files whose own fields are understood. */
export const HAR_CREATOR = 'shadowmeter'

const Fields = z.array(z.object({ name: z.string(), value: z.string() }))
export type HarFields = z.output<typeof Fields>

const HarRequest = z.object({
  method: z.string(),
  url: z.string(),
  httpVersion: z.string().default('HTTP/1.1'),
  headers: Fields,
  postData: z
    .object({
      mimeType: z.string().default(''),
      text: z.string().optional(),
      params: z
        .array(z.object({ name: z.string(), value: z.string().default(''), fileName: z.string().optional() }))
        .optional(),
      encoding: z.string().optional().describe('of HAR 1.3; 1.2 has none'),
      _encoding: z.string().optional(),
    })
    .optional(),
})
export type HarRequest = z.output<typeof HarRequest>

const HarResponse = z.object({
  status: z.int(),
  statusText: z.string().default(''),
  headers: Fields,
  content: z.object({
    text: z.string().optional(),
    encoding: z.string().optional(),
    size: z.number().default(0),
    _coded: z.boolean().optional().describe('the text is still in its content coding'),
  }),
})
export type HarResponse = z.output<typeof HarResponse>

const milliseconds = z
  .number()
  .nullish()
  .transform((value) => Math.max(0, value ?? 0))
const Timings = z.object({ send: milliseconds, wait: milliseconds, receive: milliseconds })
export type HarTimings = z.output<typeof Timings>

export const HarEntry = z.object({
  startedDateTime: z.iso.datetime({ offset: true }),
  request: HarRequest,
  response: HarResponse,
  timings: Timings,
  serverIPAddress: z.string().optional(),
  _connection: z
    .object({
      id: z.int().nonnegative(),
      client: z.object({ address: z.union([z.ipv4(), z.ipv6()]), port: z.int().min(0).max(65_535) }),
      server: z.object({ address: z.union([z.ipv4(), z.ipv6()]), port: z.int().min(0).max(65_535) }),
    })
    .optional(),
  _shadow: z
    .object({ result: z.string(), sentAt: z.number(), response: HarResponse.nullable(), timings: Timings })
    .optional(),
})
export type HarEntry = z.output<typeof HarEntry>

export const Har = z.object({
  log: z.object({
    version: z.string().regex(/^1\.\d+$/, 'is 1.1, 1.2 or another 1.x'),
    creator: z.object({ name: z.string(), _redacted: z.boolean().optional() }),
    entries: z.array(HarEntry),
  }),
})
