import type { SampleKey } from '../../contract/selection.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { headerValue, headerValues } from './headers.ts'
import { decodeText, decodeUtf8, queryOf } from './path.ts'

/** Neither an empty text nor none at all says who a request belongs to. */
export const ABSENT = Symbol('absent')
/** It may be there, and cannot be read. */
export const UNREADABLE = Symbol('unreadable')

export type ReadKey = (request: Request) => string | typeof ABSENT | typeof UNREADABLE

/** How to read what requests are sampled by; null for each request by itself. */
export const keyReader = (key: SampleKey): ReadKey | null => {
  switch (key.key) {
    case 'request':
      return null
    case 'client-address':
      return ({ connection }) => connection.client.address
    case 'connection':
      return ({ connection: { client, server } }) =>
        `${client.address} ${client.port} ${server.address} ${server.port}`
    case 'header':
      return ({ headers }) => headerValue(headers, key.name) || ABSENT
    case 'cookie':
      return ({ headers }) => cookieValue(headers, key.name) || ABSENT
    case 'query':
      return ({ target }) => queryValue(queryOf(target), key.name)
    case 'json': {
      const steps = key.field.split('.')
      return (request) => jsonValue(request, steps)
    }
  }
}

const cookieValue = (headers: RawHeaders, name: string): string | null => {
  for (const cookies of headerValues(headers, 'cookie'))
    for (const cookie of cookies.split(';')) {
      const equals = cookie.indexOf('=')
      if (equals > 0 && cookie.slice(0, equals).trim() === name) return cookie.slice(equals + 1).trim()
    }
  return null
}

const queryValue = (query: string, name: string): ReturnType<ReadKey> => {
  if (query.length > QUERY_LENGTH_MAX) return UNREADABLE
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    const key = decodeText((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '))
    if (key !== name) continue
    return equals < 0
      ? ABSENT
      : (decodeText(pair.slice(equals + 1).replaceAll('+', ' ')) ?? UNREADABLE) || ABSENT
  }
  return ABSENT
}

const QUERY_LENGTH_MAX = 65_536

/** A larger body is not read for its key: reading it is work that every request of its kind would cause. */
export const JSON_BYTES_MAX = 1024 * 1024

const jsonValue = ({ headers, body }: Request, steps: readonly string[]): ReturnType<ReadKey> => {
  if (body.length === 0) return ABSENT
  if (body.length > JSON_BYTES_MAX) return UNREADABLE
  const coding = headerValue(headers, 'content-encoding')
  if (coding !== null && coding.trim().toLowerCase() !== 'identity') return UNREADABLE
  const text = decodeUtf8(body)
  if (text === null) return UNREADABLE
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return UNREADABLE
  }
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return ABSENT
    value = (value as Record<string, unknown>)[step]
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return ABSENT
  return String(value) || ABSENT
}
