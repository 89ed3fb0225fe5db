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
