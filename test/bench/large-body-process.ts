/** Redacts one large body, and says how much memory the process took for it at most. */
import { writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { Redaction } from '../../contract/redaction.ts'
import { LargeBodies } from '../../data-plane/redact/large-bodies.ts'
import { capturedRequest } from '../support/captured-request.ts'
import { memoryMb } from './process-usage.ts'

export type LargeBodyWork = { bytes: number; isCoded: boolean }
/** In MB: before there was a body, and the most it was while one was redacted. */
export type LargeBodyResult = { before: number; peak: number; replaced: number; seconds: number }

const BYTES_MAX = 64 << 20

const person = (n: number): string =>
  `{"id":${n},"mail":"jane.${n}@corp.example","city":"Leeds","note":"leave it with José, two of 3 have arrived","sku":"SKU-${n}","quantity":1,"priceCents":1999,"lang":"en"},\n`

/** Made without leaving anything behind that would be counted. */
const jsonOf = (bytes: number): Buffer => {
  const body = Buffer.alloc(bytes, ' ')
  let at = body.write('[')
  for (let n = 0; at + 300 < bytes; n++) at += body.write(person(n), at)
  body.write('0]', at)
  return body
}

const gzipOf = async (bytes: number): Promise<Buffer> => {
  const piece = jsonOf(1 << 20)
  const pieces = Array.from({ length: bytes / piece.length }, () => piece)
  return await buffer(Readable.from(pieces).pipe(createGzip({ level: 1 })))
}

process.on('message', async ({ bytes, isCoded }: LargeBodyWork) => {
  const bodies = new LargeBodies()
  const redact = (body: Buffer, coding: readonly string[]) =>
    new Promise<number>((resolve) => {
      const headers = ['Content-Type', 'application/json', ...coding]
      bodies.redact(
        {
          redaction: {
            settings: Redaction.parse({ bodyBytesMax: BYTES_MAX }),
            key: Buffer.alloc(32, 7).toString('base64'),
          },
          request: capturedRequest({ method: 'POST', headers, body }),
          body,
          isWrite: true,
        },
        (redacted) => resolve(redacted?.counts['email.body'] ?? 0),
      )
    })
  // The thread is there, and its code is compiled.
  await redact(jsonOf(1 << 18), [])
  const { now: before } = memoryMb(process.pid)
  const body = isCoded ? await gzipOf(bytes) : jsonOf(bytes)
  // VmHWM begins anew: proc(5), clear_refs.
  writeFileSync('/proc/self/clear_refs', '5')
  const startedAt = performance.now()
  const replaced = await redact(body, isCoded ? ['Content-Encoding', 'gzip'] : [])
  const seconds = (performance.now() - startedAt) / 1000
  const { peak } = memoryMb(process.pid)
  process.send?.({ before, peak, replaced, seconds } satisfies LargeBodyResult)
  process.exit()
})
process.once('disconnect', () => process.exit())
