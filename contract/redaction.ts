import * as z from 'zod'
import { RequestMatch } from './selection.ts'

/** What is looked for in requests, each with a name that counts and rules use. */
export const REDACTED_KINDS = [
  'credential',
  'jwt',
  'cloud-key',
  'card',
  'email',
  'phone',
  'national-id',
  'idempotency-key',
  'webhook',
  'payment-token',
] as const
export type RedactedKind = (typeof REDACTED_KINDS)[number]

/** What a write does something with outside: somebody is charged, written to or called. */
export const SIDE_EFFECT_KINDS: ReadonlySet<RedactedKind> = new Set([
  'card',
  'email',
  'phone',
  'idempotency-key',
  'webhook',
  'payment-token',
])

/** Countries whose national ids are known: CPF, Steuer-ID, DNI and NIE, NIR, National Insurance number, SSN. */
export const REGIONS = ['br', 'de', 'es', 'fr', 'gb', 'us'] as const
export type Region = (typeof REGIONS)[number]

const ACTIONS = ['pseudonymise', 'mask', 'remove', 'keep'] as const
const Action = z.enum(ACTIONS)
export type RedactionAction = z.output<typeof Action>

const Kind = z.enum(REDACTED_KINDS)
const names = z.array(z.string().min(1).max(128)).min(1).max(100)

const Rule = z
  .strictObject({
    match: RequestMatch.exactOptional().describe('only in these requests; in all when left out'),
    headers: names.exactOptional(),
    cookies: names.exactOptional(),
    query: names.exactOptional().describe('query parameters'),
    fields: names
      .exactOptional()
      .describe(
        'of JSON, form, multipart and XML bodies: a name at any depth, or a path such as user.address.street; arrays are not in it',
      ),
    kinds: z.array(Kind).min(1).exactOptional().describe('whatever is recognised as one of these'),
    action: Action,
  })
  .refine(
    ({ headers, cookies, query, fields, kinds }) => headers ?? cookies ?? query ?? fields ?? kinds,
    'name headers, cookies, query, fields or kinds',
  )
export type RedactionRule = z.output<typeof Rule>

/** The default for bodies, decoded: it bounds what a request may cost. */
export const REDACTED_BYTES_MAX = 16 << 20

/**
 * What is done to credentials and personal data before a request leaves the gateway. The first rule that names a value
 * decides about it; else its kind does.
 */
export const Redaction = z
  .strictObject({
    mode: z
      .enum(['pseudonymise', 'mask', 'remove', 'off'])
      .default('pseudonymise')
      .describe(
        'pseudonymise: the same value becomes the same other one throughout the experiment, under a key of its own; mask: every ' +
          'value of a shape becomes the same; remove: it is left out; off: production’s data goes to the shadow as it is, but for the side effects of writes',
      ),
    unlisted: z
      .enum(['scan', 'replace'])
      .default('scan')
      .describe(
        'replace: every value that no rule keeps is replaced (an allow-list); scan: what is recognised',
      ),
    sideEffects: z
      .enum(['rewrite', 'keep'])
      .default('rewrite')
      .describe(
        `rewrite: with mode off too, what a write would reach somebody by (${[...SIDE_EFFECT_KINDS].join(', ')}) is ` +
          'pseudonymised, unless a rule or kinds keeps it; keep: it is not',
      ),
    kinds: z.partialRecord(Kind, Action).default({}).describe('what to do with one kind, instead of mode'),
    regions: z
      .array(z.enum(REGIONS))
      .max(REGIONS.length)
      .default([])
      .describe('whose national ids are looked for'),
    rules: z.array(Rule).max(50).default([]),
    bodyBytesMax: z
      .int()
      .min(1024)
      .max(64 << 20)
      .default(REDACTED_BYTES_MAX)
      .describe(
        'requests with a longer body, decoded, are held back; while one is redacted the gateway holds it twice: as captured and as redacted',
      ),
  })
  .meta({ id: 'Redaction' })
export type Redaction = z.output<typeof Redaction>
export type RedactionInput = z.input<typeof Redaction>

/** What happens to a spec that says nothing about it. */
export const redacted = (): Redaction => Redaction.parse({})

/** The key of an experiment’s pseudonyms has this many bytes (RFC 2104 section 3: as long as the hash). */
export const REDACTION_KEY_BYTES = 32
