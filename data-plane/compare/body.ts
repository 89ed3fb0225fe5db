import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import type { Headers } from './headers.ts'

/** More is not decoded: a small body may stand for gigabytes. */
export const DECODED_BYTES_MAX = 4 * 1024 * 1024
/** RFC 9110 section 8.4 allows any number of codings; nobody uses more. */
const CODINGS_MAX = 3

export type Decoded = { body: Buffer } | { failure: 'unreadable' | 'too_complex' }

/** A body without its content codings (RFC 9110 section 8.4). */
export const decodeBody = (body: Buffer, headers: Headers): Decoded => {
  const codings = (headers.get('content-encoding') ?? [])
    .join()
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
  if (body.length === 0 || codings.length === 0) return { body }
  if (codings.length > CODINGS_MAX) return { failure: 'too_complex' }
  let decoded = body
  for (const coding of codings.reverse()) {
    const decode = DECODERS[coding]
    if (decode === undefined) return { failure: 'unreadable' }
    try {
      decoded = decode(decoded)
    } catch (error) {
      return {
        failure: (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_complex' : 'unreadable',
      }
    }
  }
  return { body: decoded }
}

const LIMIT = { maxOutputLength: DECODED_BYTES_MAX }

const DECODERS: Readonly<Record<string, ((body: Buffer) => Buffer) | undefined>> = {
  gzip: (body) => gunzipSync(body, LIMIT),
  'x-gzip': (body) => gunzipSync(body, LIMIT),
  br: (body) => brotliDecompressSync(body, LIMIT),
  zstd: (body) => zstdDecompressSync(body, LIMIT),
  // With its zlib wrapper, as RFC 9110 section 8.4.1.2 says, or without, as some servers do.
  deflate: (body) => ((body[0] ?? 0) % 16 === 8 ? inflateSync(body, LIMIT) : inflateRawSync(body, LIMIT)),
}

export type BodyKind = 'json' | 'form' | 'multipart' | 'text' | 'binary'

/** What kind of body a media type stands for; without one its first byte decides. */
export const bodyKind = (mediaType: string | null, body: Buffer): BodyKind => {
  if (mediaType === null) return body[0] === 0x7b || body[0] === 0x5b ? 'json' : 'binary'
  if (/^application\/(?:[^;]*\+)?json$/.test(mediaType)) return 'json'
  if (mediaType === 'application/x-www-form-urlencoded') return 'form'
  if (mediaType.startsWith('multipart/')) return 'multipart'
  return TEXT.test(mediaType) ? 'text' : 'binary'
}

const TEXT =
  /^text\/|^application\/(?:[^;]*\+)?xml$|^application\/(?:javascript|ecmascript|x-ndjson|yaml|graphql)$/

/** `type/subtype` in lower case; null for none. */
export const mediaTypeOf = (headers: Headers): string | null =>
  headers.get('content-type')?.[0]?.split(';', 1)[0]?.trim().toLowerCase() || null

const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i
export const boundaryOf = (headers: Headers): string | null => {
  const [, quoted, plain] = BOUNDARY.exec(headers.get('content-type')?.[0] ?? '') ?? []
  return quoted ?? plain ?? null
}
