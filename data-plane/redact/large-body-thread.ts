/** Redacts one large body after the other in a thread of its own, so that packets are read meanwhile. */
import { parentPort } from 'node:worker_threads'
import { type LargeBody, type RedactedLargeBody, redactLargeBody } from './large-body.ts'
import { ownBytes } from './own-bytes.ts'

export type LargeBodyAnswer =
  | (Omit<RedactedLargeBody, 'body'> & { body: Uint8Array<ArrayBuffer> })
  | null
  | 'ready'

parentPort?.on('message', (large: Omit<LargeBody, 'body'> & { body: Uint8Array<ArrayBuffer> }) => {
  const redacted = redactLargeBody({ ...large, body: Buffer.from(large.body.buffer) })
  if (redacted === null) {
    parentPort?.postMessage(null satisfies LargeBodyAnswer)
    return
  }
  const body = ownBytes(redacted.body)
  parentPort?.postMessage({ ...redacted, body } satisfies LargeBodyAnswer, [body.buffer])
})

parentPort?.postMessage('ready' satisfies LargeBodyAnswer)
