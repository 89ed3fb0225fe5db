import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import type { RawHeaders } from '../http/exchange.ts'
import { headerValue } from '../select/headers.ts'
import { boundaryOf, redactMultipart } from './multipart.ts'
import type { Values } from './values.ts'
import { redactXml } from './xml.ts'

/** Null: it cannot be read, and so nobody can say what is in it. Later: it is longer than what is read at once. */
export type RedactedBody = { body: Buffer; isDecoded: boolean } | null | 'later'

export type BodyBounds = {
  /** Longer bodies, decoded, are not read. */
  bytesMax: number
  /** So is what is neither text nor of a known format. */
  opaque: 'scan' | 'refuse'
  /** Longer ones, decoded, are left for later. */
  atOnce: number
}

/**
 * A body with other values in it; the same buffer when nothing changed, which then keeps its content coding, else it is
 * without one.
 */
export const redactBody = (
  headers: RawHeaders,
  body: Buffer,
  values: Values,
  { bytesMax, opaque, atOnce }: BodyBounds,
): RedactedBody => {
  if (body.length === 0) return { body, isDecoded: false }
  if (body.length > bytesMax) return null
  if (body.length > atOnce) return 'later'
  const contentType = headerValue(headers, 'content-type') ?? ''
  const grpcCoding = headerValue(headers, 'grpc-encoding')
  if (grpcCoding !== null && grpcCoding.trim() !== 'identity') return null
  const coding = headerValue(headers, 'content-encoding')
  const plain = coding === null ? body : decoded(body, coding, Math.min(bytesMax, atOnce))
  if (plain === 'longer') return atOnce < bytesMax ? 'later' : null
  if (plain === null) return null
  const text = plain.toString('latin1')
  const changed = redactContent(contentType, text, values, opaque)
  if (changed === null) return null
  if (changed === text) return { body, isDecoded: false }
  return { body: Buffer.from(changed, 'latin1'), isDecoded: true }
}

/** Codings that RFC 9110 section 8.4 and RFC 8878 name, the last one applied first; bounded, so that no bomb goes off. */
const decoded = (body: Buffer, coding: string, maxOutputLength: number): Buffer | 'longer' | null => {
  let bytes = body
  try {
    for (const name of coding.toLowerCase().split(',').reverse()) {
      switch (name.trim()) {
        case '':
        case 'identity':
          break
        case 'gzip':
        case 'x-gzip':
          bytes = gunzipSync(bytes, { maxOutputLength })
          break
        case 'deflate':
          // Some send it without the zlib header that RFC 9110 section 8.4.1.2 asks for.
          bytes =
            ((bytes[0] ?? 0) & 0x0f) === 8
              ? inflateSync(bytes, { maxOutputLength })
              : inflateRawSync(bytes, { maxOutputLength })
          break
        case 'br':
          bytes = brotliDecompressSync(bytes, { maxOutputLength })
          break
        case 'zstd':
          bytes = zstdDecompressSync(bytes, { maxOutputLength })
          break
        default:
          return null
      }
    }
    return bytes
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'longer' : null
  }
}

const PARTS_DEPTH_MAX = 3

/** Text of a content type, with other values in it; null when it cannot be read. */
const redactContent = (
  contentType: string,
  text: string,
  values: Values,
  opaque: 'scan' | 'refuse',
  depth = 0,
): string | null => {
  const [type = ''] = contentType.split(';', 1)
  switch (formatOf(type.trim().toLowerCase(), contentType, text)) {
    case 'json':
      return values.json('body', text)
    case 'form':
      return values.form('body', text)
    case 'xml':
      return redactXml(text, (name, value, names) =>
        name === null ? values.text('body', value) : (values.named('body', name, value, names) ?? ''),
      )
    case 'multipart': {
      const boundary = boundaryOf(contentType)
      if (boundary === null || depth >= PARTS_DEPTH_MAX) return null
      return redactMultipart(
        text,
        boundary,
        (part, content) => {
          const isField =
            part.filename === null && (part.contentType === null || part.contentType === 'text/plain')
          if (!isField) return redactContent(part.type, content, values, opaque, depth + 1)
          if (content === '') return content
          return part.name === null
            ? values.text('body', content)
            : (values.named('body', part.name, content, [part.name]) ?? '')
        },
        (filename) => values.scanned('body', filename),
      )
    }
    case 'text':
      return opaque === 'refuse' ? values.text('body', text) : values.scanned('body', text)
    case 'wide':
      return null
    case 'binary':
      return opaque === 'refuse' ? null : values.scanned('body', text, true)
  }
}

type Format = 'json' | 'form' | 'xml' | 'multipart' | 'text' | 'binary' | 'wide'

/** By its type, and where that says nothing by how it begins. */
const formatOf = (type: string, contentType: string, text: string): Format => {
  if (/charset="?utf-?(?:16|32)/i.test(contentType)) return 'wide'
  if (type.startsWith('multipart/')) return 'multipart'
  if (/[/+](?:x-)?(?:nd|geo|hal\+)?json(?:-seq|l|lines)?$/.test(type)) return 'json'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  if (/[/+](?:xml|xhtml)$/.test(type) || type === 'image/svg+xml') return 'xml'
  const [, first] = /^(?:\xef\xbb\xbf)?\s{0,64}([{[<])/.exec(text) ?? []
  if (first === '{' || first === '[') return 'json'
  if (first === '<') return 'xml'
  if (type.startsWith('text/') || TEXTS.has(type)) return 'text'
  if (type === '' && /^[\w.[\]-]{1,64}=/.test(text)) return 'form'
  return 'binary'
}

const TEXTS = new Set([
  'application/graphql',
  'application/javascript',
  'application/yaml',
  'application/x-yaml',
])
