import { pipeline } from 'node:stream/promises'
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'
import { PIECE_BYTES } from './body-reader.ts'

/** How a content coding is undone: at once, or piece by piece. */
type Coding = {
  whole: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer
  pieces: (options: { chunkSize: number }) => NodeJS.ReadWriteStream
}

const GZIP: Coding = { whole: gunzipSync, pieces: createGunzip }
const ZLIB: Coding = { whole: inflateSync, pieces: createInflate }
const DEFLATE: Coding = { whole: inflateRawSync, pieces: createInflateRaw }
const BROTLI: Coding = { whole: brotliDecompressSync, pieces: createBrotliDecompress }
const ZSTD: Coding = { whole: zstdDecompressSync, pieces: createZstdDecompress }

/** Codings that RFC 9110 section 8.4 and RFC 8878 name, by the first byte of what is coded. */
const CODINGS = new Map<string, (first: number) => Coding>([
  ['gzip', () => GZIP],
  ['x-gzip', () => GZIP],
  // Some send it without the zlib header that RFC 9110 section 8.4.1.2 asks for.
  ['deflate', (first) => ((first & 0x0f) === 8 ? ZLIB : DEFLATE)],
  ['br', () => BROTLI],
  ['zstd', () => ZSTD],
])

export type Codings = readonly ((first: number) => Coding)[]

const NONE: Codings = []

/** Those of a Content-Encoding, in the order in which they are undone; null when one of them is not known. */
export const codingsOf = (contentEncoding: string | null): Codings | null => {
  if (contentEncoding === null) return NONE
  const names = contentEncoding.toLowerCase().split(',').reverse()
  const codings: ((first: number) => Coding)[] = []
  for (const name of names.map((one) => one.trim())) {
    if (name === '' || name === 'identity') continue
    const coding = CODINGS.get(name)
    if (coding === undefined) return null
    codings.push(coding)
  }
  return codings
}

/** Bounded, so that no bomb goes off. Null: it is broken. */
export const decoded = (
  body: Buffer,
  codings: Codings,
  maxOutputLength: number,
): Buffer | 'longer' | null => {
  let bytes = body
  try {
    for (const coding of codings) bytes = coding(bytes[0] ?? 0).whole(bytes, { maxOutputLength })
    return bytes
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'longer' : null
  }
}

/** It is broken, or longer than what is allowed. */
export class UndecodableError extends Error {}

/**
 * The same, piece by piece.
 *
 * @throws {UndecodableError} between two pieces
 */
export const decodedPieces = (body: Buffer, codings: Codings, bytesMax: number): AsyncIterable<Buffer> =>
  codings.reduce<AsyncIterable<Buffer>>((pieces, coding) => undone(pieces, coding, bytesMax), cut(body))

async function* cut(body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES)
}

async function* undone(
  coded: AsyncIterable<Buffer>,
  codingBy: (first: number) => Coding,
  bytesMax: number,
): AsyncGenerator<Buffer> {
  const pieces = coded[Symbol.asyncIterator]()
  const first = await pieces.next()
  const coding = codingBy(first.done ? 0 : (first.value[0] ?? 0))
  const stream = coding.pieces({ chunkSize: PIECE_BYTES })
  const all = async function* () {
    if (!first.done) yield first.value
    yield* { [Symbol.asyncIterator]: () => pieces }
  }
  // What goes wrong with it is said by the stream, too.
  pipeline(all, stream).catch(() => {})
  let length = 0
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > bytesMax) break
      yield piece
    }
  } catch (error) {
    throw new UndecodableError('a content coding is broken', { cause: error })
  }
  if (length > bytesMax) throw new UndecodableError(`longer than ${bytesMax} bytes`)
}
