/** Redacts one large body after the other in a thread of its own, so that packets are read meanwhile. */
import { parentPort } from 'node:worker_threads'
import { release } from './growing-bytes.ts'
import { type LargeBody, type RedactedLargeBody, redactLargeBody } from './large-body.ts'
import { ownBytes } from './own-bytes.ts'

export type LargeBodyAnswer =
  | (Omit<RedactedLargeBody, 'body'> & { body: Uint8Array<ArrayBuffer> })
  | null
  | 'ready'

/** What is too long for the memory that buffers share has its own, the end of which may be unused. */
const handedOn = (body: Buffer): Uint8Array<ArrayBuffer> =>
  body.length < Buffer.poolSize
    ? ownBytes(body)
    : new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.length)

type LargeBodyMessage = Omit<LargeBody, 'body'> & { body: Uint8Array<ArrayBuffer> }

const answer = async (large: LargeBodyMessage): Promise<void> => {
  const captured = Buffer.from(large.body.buffer)
  const redacted = await redactLargeBody({ ...large, body: captured })
  if (redacted?.body !== captured) release(captured)
  if (redacted === null) {
    parentPort?.postMessage(null satisfies LargeBodyAnswer)
    return
  }
  const body = handedOn(redacted.body)
  parentPort?.postMessage({ ...redacted, body } satisfies LargeBodyAnswer, [body.buffer])
}

parentPort?.on('message', (large: LargeBodyMessage) => void answer(large))

parentPort?.postMessage('ready' satisfies LargeBodyAnswer)
