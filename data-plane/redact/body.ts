import type { RawHeaders } from '../http/exchange.ts'
import { headerValue } from '../select/headers.ts'
import { BodyReader } from './body-reader.ts'
import { type Codings, codingsOf, decoded, decodedPieces, UndecodableError } from './coding.ts'
import { ContentReader, type Opaque } from './content.ts'
import type { Values } from './values.ts'

/** The same buffer when nothing changed, which then keeps its content coding; else it is without one. */
export type RedactedBody = { body: Buffer; isDecoded: boolean }

export type BodyBounds = {
  /** Longer bodies, decoded, are not read. */
  bytesMax: number
  /** What to do with what is neither text nor of a known format. */
  opaque: Opaque
}

/**
 * A body with other values in it. Null: it cannot be read, and so nobody can say what is in it. Later: it is longer than
 * what is read at once.
 *
 * @param atOnce longer ones, decoded, are left for later
 */
export const redactBody = (
  headers: RawHeaders,
  body: Buffer,
  values: Values,
  { bytesMax, opaque }: BodyBounds,
  atOnce: number = Number.POSITIVE_INFINITY,
): RedactedBody | null | 'later' => {
  if (body.length === 0) return { body, isDecoded: false }
  if (body.length > bytesMax) return null
  if (body.length > atOnce) return 'later'
  const codings = readableCodings(headers)
  if (codings === null) return null
  const plain = decoded(body, codings, Math.min(bytesMax, atOnce))
  if (plain === 'longer') return atOnce < bytesMax ? 'later' : null
  if (plain === null) return null
  const reader = bodyReader(headers, values, opaque, plain.length)
  return reader.write(plain, true) ? redactedBy(reader, body) : null
}

/** The same for a long body, a piece after the other. */
export const redactBodyInPieces = async (
  headers: RawHeaders,
  body: Buffer,
  values: Values,
  { bytesMax, opaque }: BodyBounds,
): Promise<RedactedBody | null> => {
  const codings = body.length > bytesMax ? null : readableCodings(headers)
  if (codings === null) return null
  const reader = bodyReader(headers, values, opaque, codings.length === 0 ? body.length : bytesMax)
  if (codings.length === 0) return reader.write(body, true) ? redactedBy(reader, body) : null
  try {
    for await (const piece of decodedPieces(body, codings, bytesMax))
      if (!reader.write(piece, false)) return null
  } catch (error) {
    if (error instanceof UndecodableError) return null
    throw error
  }
  return reader.write(NOTHING, true) ? redactedBy(reader, body) : null
}

const NOTHING = Buffer.alloc(0)
/** Addresses that reach nobody are mostly longer than others. */
const GROWTH = 1.5

const bodyReader = (headers: RawHeaders, values: Values, opaque: Opaque, bytes: number): BodyReader => {
  const contentType = headerValue(headers, 'content-type') ?? ''
  return new BodyReader(new ContentReader(contentType, values, opaque), Math.ceil(GROWTH * bytes))
}

const redactedBy = (reader: BodyReader, body: Buffer): RedactedBody => {
  const redacted = reader.redacted()
  return redacted === null ? { body, isDecoded: false } : { body: redacted, isDecoded: true }
}

/** Null when there is one that nobody knows; messages of gRPC may have one, too. */
const readableCodings = (headers: RawHeaders): Codings | null => {
  const grpcCoding = headerValue(headers, 'grpc-encoding')
  if (grpcCoding !== null && grpcCoding.trim() !== 'identity') return null
  return codingsOf(headerValue(headers, 'content-encoding'))
}
