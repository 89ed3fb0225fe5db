import { parse } from 'yaml'
import * as z from 'zod'
import { ENDPOINT_PATTERNS_MAX, EndpointPattern } from './endpoint-pattern.ts'

/** Larger ones describe more than anybody tells apart. */
export const TEXT_MAX = 10_000_000

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** What is read of an OpenAPI 3 document: its Paths Object. */
const OpenApiDocument = z.looseObject({
  openapi: z
    .string('no OpenAPI document begins without its version')
    .regex(/^3\./, 'OpenAPI 3 is read, not Swagger 2'),
  paths: z.record(z.string(), z.looseObject({})),
})

/**
 * The endpoints that a service’s OpenAPI document names, as patterns; paths that no pattern can say
 * (`/files/{name}.{ending}`) are left out.
 *
 * @param text in JSON or YAML 1.2, which JSON is a part of
 * @throws Error that says what is wrong with it, and where
 */
export const endpointsOf = (text: string): string[] => {
  if (text.length > TEXT_MAX)
    throw new Error(`it has ${text.length} characters, at most ${TEXT_MAX} are read`)
  // Aliases that multiply are refused by the parser itself.
  const parsed = OpenApiDocument.safeParse(parse(text, { logLevel: 'error' }))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Error([...(issue?.path ?? []), issue?.message].join(': '))
  }
  const patterns = Object.entries(parsed.data.paths)
    .flatMap(([path, item]) =>
      METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    .filter((pattern) => EndpointPattern.safeParse(pattern).success)
  if (patterns.length > ENDPOINT_PATTERNS_MAX)
    throw new Error(`it names ${patterns.length} endpoints, at most ${ENDPOINT_PATTERNS_MAX} are told apart`)
  return patterns
}
