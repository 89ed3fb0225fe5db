import type * as z from 'zod'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/**
 * One API operation as data: the routes, the OpenAPI document, the console’s client and the command line are derived
 * from it.
 */
export type Operation = Readonly<{
  id: string
  route: `${Method} /${string}`
  summary: string
  params: z.ZodType
  query: z.ZodType
  body: z.ZodType
  result: z.ZodType
  /** Status of a success: 200 read or done, 201 created, 202 accepted and under way. */
  status: 200 | 201 | 202
  /** Whether an Idempotency-Key header is honoured: the same key and body answer with the same experiment. */
  idempotent: boolean
  /** Bodies that the API’s description shows; they are accepted as they are. */
  examples?: Readonly<Record<string, Readonly<{ summary: string; value: unknown }>>>
}>

export const operation = <const O extends Operation>(declared: O): O => declared

/** What an operation’s handler is given, after its schemas have parsed it. */
export type Input<O extends Operation> = {
  params: z.output<O['params']>
  query: z.output<O['query']>
  body: z.output<O['body']>
}

/** Must return the result as its schema takes it; context is whatever the entry point hands to every handler. */
export type Handler<O extends Operation, Context> = (
  input: Input<O>,
  context: Context,
) => Promise<z.input<O['result']>>

/** What a client passes and receives. */
export type Call<O extends Operation> = (input: {
  params: z.input<O['params']>
  query: z.input<O['query']>
  body: z.input<O['body']>
}) => Promise<z.output<O['result']>>
