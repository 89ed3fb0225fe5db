import * as z from 'zod'

/** More tell apart what nobody reads. */
export const ENDPOINT_PATTERNS_MAX = 200

/** `GET /orders/{id}`: a method, or none for any, and a path in which `{name}` stands for one segment, as in OpenAPI. */
export const EndpointPattern = z
  .string()
  .max(300)
  .regex(
    /^(?:[A-Z]{1,20} )?(?:\/(?:\{[\w.-]{1,60}\}|[^\s/?#{}]{0,100}))+$/,
    'an endpoint looks like GET /orders/{id} or /catalogue',
  )

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** What is read of an OpenAPI 3 document (its Paths Object), in JSON. */
export const OpenApiDocument = z.looseObject({
  openapi: z.string().regex(/^3\./, 'OpenAPI 3 is read, not Swagger 2'),
  paths: z.record(z.string(), z.looseObject({})),
})

/** The patterns of a service’s OpenAPI document; paths that no pattern can say (`/files/{name}.{ending}`) are left out. */
export const patternsOf = ({ paths }: z.output<typeof OpenApiDocument>): string[] =>
  Object.entries(paths)
    .flatMap(([path, item]) =>
      METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    .filter((pattern) => EndpointPattern.safeParse(pattern).success)
