import * as z from 'zod'
import { Replacement } from './replacement.ts'

/** These headers mark a request as shadow traffic. No rule removes or changes them. */
export const MARKER_HEADER = 'X-Shadow-Request'
export const EXPERIMENT_HEADER = 'X-Shadow-Experiment'

/**
 * The same for whoever the shadow calls: services that take part in tracing hand baggage on (W3C Baggage), and the state of a
 * trace where there is one (W3C Trace Context). Both may stand in several headers, so that production’s own stay.
 */
export const BAGGAGE_MARKER = 'shadow-request=1'
export const baggageOf = (experiment: string): string => `${BAGGAGE_MARKER},shadow-experiment=${experiment}`
export const tracestateOf = (experiment: string): string => `shadow=${experiment}`

/** What no rule may touch: the markers, Host (an option of its own), and what belongs to the connection. */
const RESERVED_HEADERS = new Set([
  MARKER_HEADER.toLowerCase(),
  EXPERIMENT_HEADER.toLowerCase(),
  ...[
    'host',
    'connection',
    'content-length',
    'expect',
    'http2-settings',
    'keep-alive',
    'proxy-connection',
    'te',
  ],
  ...['trailer', 'transfer-encoding', 'upgrade'],
])

const HeaderName = z
  .string()
  .max(100)
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'a header’s name is letters, digits and -')
  .refine((name) => !RESERVED_HEADERS.has(name.toLowerCase()), 'this header is the gateway’s own')

const HeaderValue = z
  .string()
  .max(4_000)
  .regex(
    /^[\t\x20-\x7e\x80-\xff]*$/,
    'a header’s value has neither control characters nor any beyond latin-1',
  )

const named = <Name extends z.ZodType>(name: Name) => z.strictObject({ name, ...Replacement.shape })

/** Applied in this order: remove, rewrite, set. */
const rulesFor = <Name extends z.ZodType<string, string>, Value extends z.ZodType<string, string>>(
  name: Name,
  value: Value,
) =>
  z.strictObject({
    remove: z.array(name).max(50).exactOptional(),
    rewrite: z.array(named(name)).max(50).exactOptional().describe('values of what has this name'),
    set: z
      .array(z.strictObject({ name, value }))
      .max(50)
      .exactOptional()
      .describe('instead of all that have this name, or added'),
  })

const QueryText = z.string().max(1_000)

/**
 * The name of a secret that the gateway finds in its own environment, see `secretVariable`; on ECS the task definition’s
 * `secrets` put it there out of SSM or Secrets Manager. The secret itself is in no spec, table or log.
 */
const SecretName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9]+([-_/.][A-Za-z0-9]+)*$/, 'a secret’s name looks like orders/shadow-token')
  .describe('name of a secret in the gateway’s environment: orders/token is SHADOWMETER_SECRET_ORDERS_TOKEN')

/** Only variables with this beginning are ever read: a spec cannot make the gateway send any other to its shadow. */
export const secretVariable = (name: string): string =>
  `SHADOWMETER_SECRET_${name.toUpperCase().replace(/[-/.]/g, '_')}`

/** Services that take signed requests from anybody’s clients; not those that the gateway itself has rights in. */
const SIGNED_SERVICES = ['execute-api', 'lambda', 'vpc-lattice-svcs', 'appsync', 'es', 'aoss'] as const

const Authentication = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('basic'),
    user: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^:]*$/),
    password: SecretName,
  }),
  z.strictObject({ by: z.literal('bearer'), token: SecretName }),
  z.strictObject({
    by: z.literal('sigv4').describe('with the credentials of the gateway’s own role'),
    service: z.enum(SIGNED_SERVICES),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region looks like eu-central-1'),
  }),
])
export type Authentication = z.output<typeof Authentication>

/** Algorithms of RFC 7518 section 3.1, each with the kind of key that it needs. */
const SIGNING_ALGORITHMS = ['HS256', 'RS256', 'ES256'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

const where = {
  in: z.enum(['header', 'cookie', 'query']),
  name: z
    .string()
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/, 'a name is letters, digits and -')
    .describe('of the header, cookie or query parameter'),
}

/** Credentials that the shadow takes, in the place of what redaction has made of production’s. */
const Credential = z
  .discriminatedUnion('by', [
    z
      .strictObject({
        by: z.literal('secret'),
        ...where,
        secret: SecretName,
        when: z
          .enum(['present', 'always'])
          .exactOptional()
          .describe('present: where the request had one in production; always; present when left out'),
      })
      .describe('one of the shadow’s own; of an Authorization header the scheme stays'),
    z
      .strictObject({
        by: z.literal('jwt'),
        ...where,
        key: SecretName.describe('of 32 bytes or more for HS256, else a private key in PEM'),
        algorithm: z.enum(SIGNING_ALGORITHMS),
        keyId: z
          .string()
          .min(1)
          .max(200)
          .exactOptional()
          .describe('`kid` of its header; production’s when left out'),
        productionKey: SecretName.exactOptional().describe(
          'what production verifies its tokens with: a public key in PEM, a JSON Web Key or a set of them, or the secret of HS256. ' +
            'A token that it has not signed is not signed for the shadow either; without it, every token is',
        ),
      })
      .describe(
        'JSON Web Tokens keep their claims, those of people as pseudonyms, and are signed again with the shadow’s key; times ' +
          'of what was captured a while ago are moved on by as much, so that one that had expired has',
      ),
  ])
  .refine(
    ({ in: place, name }) => place !== 'header' || !RESERVED_HEADERS.has(name.toLowerCase()),
    'this header is the gateway’s own',
  )
export type Credential = z.output<typeof Credential>

const milliseconds = (low: number, high: number) => z.int().min(low).max(high)

const Timeouts = z.strictObject({
  connectMs: milliseconds(10, 60_000)
    .exactOptional()
    .describe('until a connection stands; 2,000 when left out'),
  headersMs: milliseconds(10, 300_000).exactOptional().describe('until the head of the answer; 30,000'),
  bodyMs: milliseconds(10, 300_000).exactOptional().describe('without a byte of the answer’s body; 30,000'),
  totalMs: milliseconds(10, 300_000).exactOptional().describe('for all of it; 60,000'),
})

const Breaker = z.strictObject({
  consecutiveFailures: z
    .int()
    .min(1)
    .max(10_000)
    .exactOptional()
    .describe('so many opens it; 20 when left out'),
  failureRatio: z.number().gt(0).max(1).exactOptional().describe('of the last ten seconds’ requests; 0.5'),
  minimumRequests: z
    .int()
    .min(1)
    .max(100_000)
    .exactOptional()
    .describe('fewer say nothing about a ratio; 50'),
  openMs: milliseconds(10, 600_000)
    .exactOptional()
    .describe('until the first probe; 1,000, doubling to 30,000 with every probe that fails'),
  serverErrors: z.boolean().exactOptional().describe('5xx answers are failures too; they are not'),
})

const Forwarding = {
  url: z
    .url({
      protocol: /^https?$/,
      hostname: /./,
      error: 'an address looks like http://10.0.4.7:8080 or https://shadow.example.internal',
    })
    .refine((url) => !/^[a-z]+:\/\/[^/]*@/i.test(url), 'put no credentials into the shadow’s address')
    .describe('base address that forwarded requests go to'),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'a shadow’s name is lower-case letters, digits and -')
    .exactOptional()
    .describe('in metrics and counts; shadow, shadow-2, shadow-3 when left out'),
  share: z
    .number()
    .positive()
    .max(1_000_000)
    .exactOptional()
    .describe('its part of the requests when they are split; 1'),
  connections: z
    .enum(['pooled', 'per-source'])
    .exactOptional()
    .describe(
      'pooled: any free connection, so that order is not kept; per-source: requests of one client’s connection go out one ' +
        'after the other on a connection of their own; pooled when left out',
    ),
  maxConnections: z
    .int()
    .min(1)
    .max(2_000)
    .exactOptional()
    .describe(
      'requests under way at once, per worker, each HTTP/1.1 one on its own connection; 64 when left out',
    ),
  protocol: z
    .enum(['keep', 'http1'])
    .exactOptional()
    .describe(
      'keep: what was HTTP/2 in production goes out as HTTP/2 (by prior knowledge to http, by ALPN to https), the rest as ' +
        'HTTP/1.1; http1: for a shadow without HTTP/2, everything as HTTP/1.1, gRPC held back; keep when left out',
    ),
  host: z
    .enum(['keep', 'rewrite'])
    .exactOptional()
    .describe('keep: production’s Host; rewrite: that of the shadow’s address; keep when left out'),
  forwardedFor: z
    .enum(['keep', 'append', 'replace'])
    .exactOptional()
    .describe(
      'X-Forwarded-For, -Proto and -Host. keep: as production got them; append: as a proxy in front of production would; ' +
        'replace: as one that believes no client; keep when left out',
    ),
  headers: rulesFor(HeaderName, HeaderValue).exactOptional(),
  path: z
    .array(Replacement)
    .max(50)
    .exactOptional()
    .describe('one after the other, before the base path is put in front'),
  query: rulesFor(QueryText, QueryText)
    .exactOptional()
    .describe('names and values as they stand in the query, percent-encoded'),
  authentication: Authentication.exactOptional(),
  credentials: z
    .array(Credential)
    .max(10)
    .exactOptional()
    .describe('re-minted ones, so that the shadow accepts sessions that redaction has changed'),
  timeouts: Timeouts.exactOptional(),
  breaker: z
    .union([z.literal('off'), Breaker])
    .exactOptional()
    .describe('stops sending to a shadow that fails and tries it again now and then; on when left out'),
}

/** One place that requests go to, and how. What is left out is as its description says. */
export const ShadowTarget = z.strictObject(Forwarding)
export type ShadowTarget = z.output<typeof ShadowTarget>

/** How many shadows an experiment may have, the first included. */
export const SHADOWS_MAX = 8

/** All shadows with their names, the first first; without the control. */
export const shadowTargets = ({
  others = [],
  distribution: _distribution,
  control: _control,
  ...first
}: ShadowTarget & {
  others?: readonly ShadowTarget[]
  distribution?: 'copy' | 'split'
  control?: ShadowTarget
}): (ShadowTarget & { name: string })[] =>
  [first, ...others].map((target, index) => ({
    ...target,
    name: target.name ?? (index === 0 ? 'shadow' : `shadow-${index + 1}`),
  }))

/** Every place of a spec that requests are sent to, the control last. */
export const allTargets = (
  spec: Parameters<typeof shadowTargets>[0],
): (ShadowTarget & { name: string })[] => [
  ...shadowTargets(spec),
  ...(spec.control ? [controlTarget(spec.control)] : []),
]

export const controlTarget = (control: ShadowTarget): ShadowTarget & { name: string } => ({
  ...control,
  name: control.name ?? 'control',
})

/** The shadow of an experiment, or several. With copies, the experiment’s own counts of requests are the first one’s. */
export const ShadowSpec = z
  .strictObject({
    ...Forwarding,
    others: z
      .array(ShadowTarget)
      .max(SHADOWS_MAX - 1)
      .exactOptional()
      .describe('further shadows'),
    control: ShadowTarget.exactOptional().describe(
      'today’s release, with data of its own: sent the same requests at the same moment, so that what production’s answer differs ' +
        'from it in is noise, and latency is judged on two ways that are alike',
    ),
    distribution: z
      .enum(['copy', 'split'])
      .exactOptional()
      .describe(
        'copy: every shadow gets every request; split: each request goes to one of them, by their shares, all of a ' +
          'client’s connection to the same; copy when left out',
      ),
  })
  .refine((shadow) => {
    const names = allTargets(shadow).map(({ name }) => name)
    return new Set(names).size === names.length
  }, 'two shadows have the same name')
export type ShadowSpec = z.output<typeof ShadowSpec>
