import * as z from 'zod'
import { PATTERN_LENGTH_MAX, PATTERN_SIZE_MAX, PatternError, parseRegexp } from './text-pattern.ts'

/** Why a text is no regular expression that gateways run; null when it is one. */
const refusalOf = (source: string): string | null => {
  try {
    parseRegexp(source)
    return null
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}

const Regexp = z
  .strictObject({
    regexp: z
      .string()
      .min(1)
      .max(PATTERN_LENGTH_MAX)
      .superRefine((source, context) => {
        const message = refusalOf(source)
        if (message !== null) context.addIssue({ code: 'custom', message })
      }),
  })
  .describe('found anywhere unless ^ and $ say otherwise; no back references, no looking around, no \\b')

const Glob = z.string().min(1).max(PATTERN_SIZE_MAX)

const PathPattern = z.union([
  Glob.regex(/^(\/|\*\*)/, 'a path begins with / (or ** for any beginning)').regex(
    /^[^?#]*$/,
    'a path has no query: it ends before ? and #',
  ),
  Regexp.refine(
    ({ regexp }) => !/^\^[0-9A-Za-z]/.test(regexp),
    'the path alone is matched, not the whole address: it begins with /',
  ),
])
const TextPattern = z.union([Glob, Regexp])
export type Pattern = z.output<typeof TextPattern>

const HeaderName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/, 'a header name looks like X-Tenant')
  .toLowerCase()

const bytes = z.int().nonnegative()
const list = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(100)

/** Requests of one kind: all the conditions that are given hold. */
export const RequestMatch = z
  .strictObject({
    methods: list(z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/)).exactOptional(),
    paths: list(PathPattern)
      .exactOptional()
      .describe('decoded path without query: * is any text within a segment, ** any text'),
    hosts: list(TextPattern).exactOptional().describe('host asked for, in lower case, without port'),
    headers: list(
      z.strictObject({
        name: HeaderName,
        values: list(TextPattern).exactOptional().describe('left out: the header is there'),
      }),
    )
      .exactOptional()
      .describe('every one of them is there, with one of its values'),
    contentTypes: list(TextPattern).exactOptional().describe('media type in lower case, without parameters'),
    bodyBytes: z
      .strictObject({ min: bytes.exactOptional(), max: bytes.exactOptional() })
      .refine(({ min, max }) => min !== undefined || max !== undefined, 'give min or max')
      .refine(({ min = 0, max = min }) => min <= max, 'min is above max')
      .exactOptional(),
  })
  .refine((match) => Object.keys(match).length > 0, 'name at least one condition')
  .meta({ id: 'RequestMatch' })
export type RequestMatch = z.output<typeof RequestMatch>

const name = z.string().min(1).max(128)

/** What decides together: all requests with the same key are in the share or none is. */
const SampleKey = z.discriminatedUnion('key', [
  z.strictObject({ key: z.literal('request') }).describe('every request for itself'),
  z.strictObject({ key: z.literal('client-address') }).describe('behind a load balancer: its address'),
  z.strictObject({ key: z.literal('connection') }),
  z.strictObject({ key: z.literal('header'), name: HeaderName }),
  z.strictObject({ key: z.literal('cookie'), name }),
  z.strictObject({ key: z.literal('query'), name }).describe('a query parameter'),
  z
    .strictObject({ key: z.literal('json'), field: name })
    .describe('a field of a JSON body, such as user.id: a text, number or truth value'),
])
export type SampleKey = z.output<typeof SampleKey>

const Adaptation = z
  .strictObject({
    perSecond: z.number().positive().max(1_000_000).exactOptional().describe('requests a second to stay at'),
    errorPercentMax: z
      .number()
      .min(0)
      .max(100)
      .exactOptional()
      .describe('5xx and failed forwards, of all that ended'),
    p95MsMax: z
      .number()
      .positive()
      .max(60_000)
      .exactOptional()
      .describe('time to the head of the shadow’s answer that 95 % stay within'),
  })
  .refine((adapt) => Object.keys(adapt).length > 0, 'name a rate, an error rate or a latency')
export type Adaptation = z.output<typeof Adaptation>

/**
 * Which requests may reach the shadow, beside their share and the rule for writes. A request that a rule cannot be
 * applied to is left out.
 */
export const Selection = z
  .strictObject({
    allow: z.array(RequestMatch).max(50).default([]).describe('only what one of them matches; empty: all'),
    deny: z.array(RequestMatch).max(50).default([]).describe('never what one of them matches'),
    reads: z
      .array(RequestMatch)
      .max(50)
      .default([])
      .describe('POST requests that change nothing, such as RPC methods that read: they are no writes'),
    graphql: z
      .array(RequestMatch)
      .max(50)
      .default([])
      .describe(
        'POST requests of GraphQL: queries are no writes; mutations, subscriptions and persisted queries are',
      ),
    writes: z
      .array(RequestMatch)
      .max(50)
      .default([])
      .describe('writes that are forwarded although the others are held back'),
    healthCheckers: z
      .enum(['leave-out', 'include'])
      .default('leave-out')
      .describe('requests of Elastic Load Balancing, Kubernetes, Route 53 and CloudWatch Synthetics'),
    hops: z
      .enum(['once', 'outer', 'each'])
      .default('once')
      .describe(
        'a request that one source hands on to another. once: known again by trace or request id, content and addresses, whichever ' +
          'gateway tasks read the copies; the outer one goes unless it was captured much later. outer: nothing goes that comes from a source, for a proxy before a ' +
          'service, whichever task reads it. each: all copies go',
      ),
    sampleBy: SampleKey.default({ key: 'request' }),
    absentKey: z
      .enum(['as-random', 'include', 'exclude'])
      .default('as-random')
      .describe('requests without that header, cookie, parameter or field (or with an empty one)'),
    perSecondMax: z
      .number()
      .positive()
      .max(1_000_000)
      .exactOptional()
      .describe('requests a second that reach the shadow, shared evenly by the gateways'),
    adapt: Adaptation.exactOptional().describe('lowers the share while it holds, and raises it again'),
  })
  .meta({ id: 'Selection' })
export type Selection = z.output<typeof Selection>
export type SelectionInput = z.input<typeof Selection>

/** A share above this many percent is a load test that no single gateway should be asked for. */
export const PERCENT_MAX = 1000

/** The selection of a spec that says nothing about it. */
export const everything = (): Selection => Selection.parse({})
