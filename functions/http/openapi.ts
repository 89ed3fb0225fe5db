import * as z from 'zod'
import { catalogue } from '../../contract/catalogue.ts'
import type { Operation } from '../../contract/operation.ts'
import { PROBLEMS, Problem, problemType } from '../../contract/problem.ts'

type Json = { [key: string]: unknown }

/** What a client sends may leave out what has a default; what it receives has everything. */
type Side = 'input' | 'output'

/** The OpenAPI 3.1 document of the whole catalogue. Its schemas are JSON Schema draft 2020-12, as 3.1 has it. */
export const openApi = (version: string): Json => {
  const schemas: Json = {}

  /** Named schemas move to the components; those of requests are apart, because defaults make them differ. */
  const schemaOf = (schema: z.ZodType, side: Side): Json => {
    const { $schema, $defs, ...own } = z.toJSONSchema(schema, { io: side }) as Json & { $defs?: Json }
    const named = (name: string) => (side === 'input' ? `${name}Input` : name)
    const moved = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(moved)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
          key,
          key === '$ref' && typeof inner === 'string'
            ? `#/components/schemas/${named(inner.slice('#/$defs/'.length))}`
            : moved(inner),
        ]),
      )
    }
    for (const [name, definition] of Object.entries($defs ?? {})) schemas[named(name)] ??= moved(definition)
    return moved(own) as Json
  }

  schemaOf(z.array(Problem), 'output')
  const paths: Record<string, Json> = {}
  for (const operation of Object.values<Operation>(catalogue)) {
    const [method = '', path = ''] = operation.route.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation, schemaOf) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Shadowmeter',
      version,
      summary: 'Bounded shadow-traffic experiments on AWS',
      description:
        'Experiments mirror production traffic into a shadow environment for a bounded window and a bounded bill. ' +
        'Every failure is a problem (RFC 9457) with one of these types: ' +
        Object.entries(PROBLEMS)
          .map(([kind, { status }]) => `\`${problemType(kind as keyof typeof PROBLEMS)}\` (${status})`)
          .join(', '),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '.', description: 'Beside this document' }],
    paths,
    components: {
      schemas,
      responses: {
        Problem: {
          description: 'What was wrong, and what would be right',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  }
}

const describe = (operation: Operation, schemaOf: (schema: z.ZodType, side: Side) => Json): Json => ({
  operationId: operation.id,
  summary: operation.summary,
  parameters: [
    ...parameters('path', schemaOf(operation.params, 'output')),
    ...parameters('query', schemaOf(operation.query, 'output')),
    ...(operation.idempotent
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            description: 'The same key and body answer with what the first such request made',
            schema: { type: 'string', minLength: 1, maxLength: 255 },
          },
        ]
      : []),
  ],
  ...(hasBody(operation) && {
    requestBody: {
      required: !operation.body.safeParse(undefined).success,
      content: {
        'application/json': {
          schema: schemaOf(operation.body, 'input'),
          ...(operation.examples && { examples: operation.examples }),
        },
      },
    },
  }),
  responses: {
    [operation.status]: {
      description: operation.status === 202 ? 'Accepted and under way' : 'Done',
      ...(operation.status === 201 && {
        headers: {
          Location: {
            description: 'Where it can be read',
            schema: { type: 'string', format: 'uri-reference' },
          },
        },
      }),
      content: { 'application/json': { schema: schemaOf(operation.result, 'output') } },
    },
    default: { $ref: '#/components/responses/Problem' },
  },
})

const hasBody = ({ body }: Operation): boolean => !(body instanceof z.ZodUndefined)

const parameters = (where: 'path' | 'query', schema: Json): Json[] => {
  const required = new Set((schema.required ?? []) as string[])
  return Object.entries((schema.properties ?? {}) as Record<string, Json>).map(
    ([name, { description, ...rest }]) => ({
      name,
      in: where,
      required: where === 'path' || (required.has(name) && !('default' in rest)),
      ...(description !== undefined && { description }),
      schema: rest,
    }),
  )
}
