import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { type NeighbourKeys, TAG_BYTES } from './keys.ts'

/**
 * What gateway tasks say to each other. The MAC (HMAC-SHA-256, RFC 2104, cut to 128 bits as RFC 4868 section 2.3 does) covers
 * the receiver’s tag and everything before it.
 *
 *  0      1        2            10       18             26
 * +------+--------+------------+--------+--------------+------+-----+
 * | kind | worker | experiment | sender | microseconds | body | MAC |
 * +------+--------+------------+--------+--------------+------+-----+
 */
export const KINDS = { questions: 1, answers: 2, returned: 3 } as const
export type Kind = keyof typeof KINDS

const KIND_OF = new Map<number, Kind>(Object.entries(KINDS).map(([kind, byte]) => [byte, kind as Kind]))

const HEAD = 26
const MAC_BYTES = 16

export type Message = {
  readonly kind: Kind
  /** Of the task that asks: answers go back to it. */
  readonly worker: number
  /** Tags in hexadecimal. */
  readonly experiment: string
  readonly sender: string
  /** Since the epoch, more with each message of a sender. */
  readonly microseconds: number
  readonly body: Buffer
}

/** What a task is called in datagrams. */
export const taskTag = (task: string): string => hash('sha256', task).slice(0, 2 * TAG_BYTES)

export const encode = (message: Message, to: string, { mac }: NeighbourKeys): Buffer => {
  const { kind, worker, experiment, sender, microseconds, body } = message
  const datagram = Buffer.allocUnsafe(HEAD + body.length + MAC_BYTES)
  datagram[0] = KINDS[kind]
  datagram[1] = worker
  datagram.write(experiment, 2, 'hex')
  datagram.write(sender, 10, 'hex')
  datagram.writeBigUInt64BE(BigInt(microseconds), 18)
  body.copy(datagram, HEAD)
  macOf(datagram, HEAD + body.length, to, mac).copy(datagram, HEAD + body.length, 0, MAC_BYTES)
  return datagram
}

/** Null for what is no such datagram; who sent it is not yet proven. */
export const decode = (datagram: Buffer): Message | null => {
  const kind = KIND_OF.get(datagram[0] ?? 0)
  if (kind === undefined || datagram.length < HEAD + MAC_BYTES) return null
  const microseconds = Number(datagram.readBigUInt64BE(18))
  return {
    kind,
    worker: datagram[1] as number,
    experiment: datagram.toString('hex', 2, 10),
    sender: datagram.toString('hex', 10, 18),
    microseconds,
    body: datagram.subarray(HEAD, -MAC_BYTES),
  }
}

export const isAuthentic = (datagram: Buffer, to: string, { mac }: NeighbourKeys): boolean => {
  const end = datagram.length - MAC_BYTES
  return timingSafeEqual(macOf(datagram, end, to, mac).subarray(0, MAC_BYTES), datagram.subarray(end))
}

const macOf = (datagram: Buffer, end: number, to: string, key: Buffer): Buffer =>
  createHmac('sha256', key).update(to, 'hex').update(datagram.subarray(0, end)).digest()
