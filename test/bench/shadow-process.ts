/**
 * A shadow that answers as fast as a Node process can, and counts what it was asked by the number in the request target.
 * Its parent asks for the counts.
 */
import { createServer, type Socket } from 'node:net'

export type ShadowCounts = {
  requests: number
  /** Sum of the numbers in the targets. */
  numbers: number
  /** Requests by number in buckets of `BUCKET`. */
  buckets: number[]
}

export const BUCKET = 500

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok')
const NUMBER_AT = 10
const NUMBER_END = 18
const GET = 'G'.charCodeAt(0)

const counts: ShadowCounts = { requests: 0, numbers: 0, buckets: [] }

/** Length of the request that begins at `at`, or -1 while it is not whole. */
const requestLength = (b: Buffer, at: number): number => {
  const headEnd = b.indexOf('\r\n\r\n', at)
  if (headEnd < 0) return -1
  const head = headEnd + 4 - at
  if (b[at] === GET) return head
  const length = /content-length: (\d+)/i.exec(b.toString('latin1', at, headEnd))
  const whole = head + Number(length?.[1] ?? 0)
  return at + whole <= b.length ? whole : -1
}

const count = (b: Buffer, at: number): void => {
  let number = 0
  for (let i = at + NUMBER_AT; i < at + NUMBER_END; i++) number = number * 10 + (b[i] as number) - 0x30
  counts.requests++
  counts.numbers += number
  const bucket = Math.floor(number / BUCKET)
  counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1
}

const serve = (socket: Socket) => {
  let rest: Buffer | null = null
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (data) => {
    const b: Buffer = rest === null ? data : Buffer.concat([rest, data])
    let at = 0
    while (at < b.length) {
      const length = requestLength(b, at)
      if (length < 0) break
      count(b, at)
      socket.write(ANSWER)
      at += length
    }
    rest = at < b.length ? b.subarray(at) : null
  })
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' && address?.port)
})
process.on('message', () => process.send?.(counts))
process.once('disconnect', () => process.exit())
