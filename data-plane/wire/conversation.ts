import { HEADER_LENGTH as IP_HEADER } from './ipv4.ts'
import { ACK, FIN, PSH, RST, SYN, HEADER_LENGTH as TCP_HEADER } from './tcp.ts'

/** As seen from the server's interface. */
export type Direction = 'ingress' | 'egress'

/** One TCP segment before it has addresses. */
export type Segment = {
  readonly direction: Direction
  readonly flags: number
  readonly sequence: number
  /** 0 without the ACK flag. */
  readonly acknowledgement: number
  readonly window: number
  /** TCP options, padded to a multiple of 4 bytes. */
  readonly options: Buffer
  readonly payload: Buffer
}

export type ConversationOptions = Readonly<{
  /** Of the link: 1500, or up to 9001 between instances of one VPC. */
  mtu: number
  /** Milliseconds; only differences count (the timestamp option). */
  now: () => number
  /** A random unsigned 32-bit number, for initial sequence numbers (RFC 6528). */
  random32: () => number
}>

/** What one end has sent and seen. */
type End = {
  /** Sequence number of the next byte it sends. */
  next: number
  /** Next byte it expects from the other end: its acknowledgement number. */
  expected: number
  /** Bytes delivered to it since it last acknowledged. */
  owed: number
  /** What its clock had on connecting, as RFC 7323 wants: unpredictable. */
  clock: number
  /** The other end's last timestamp. */
  echo: number
}

const IP_AND_TCP_HEADERS = IP_HEADER + TCP_HEADER
/** No-operation, no-operation, timestamps (RFC 7323 appendix A). */
const TIMESTAMP_OPTION = 12
const WINDOW_SCALE = 7
const WINDOW = 502
const NO_BYTES = Buffer.alloc(0)

/**
 * One TCP connection as a wire in front of the mirrored interface would have shown it: told in order what crossed, it
 * gives the segments. Keeping count costs nothing; a segment is only made when `wants` says that somebody looks, so a
 * connection that is joined in the middle goes on with the numbers it has.
 */
export class Conversation {
  readonly #ends: Record<Direction, End>
  readonly #options: ConversationOptions
  readonly #wants: (direction: Direction) => boolean
  readonly #emit: (segment: Segment) => void
  readonly #began: number
  /** Most bytes of payload in one segment, options taken off. */
  readonly payloadMax: number

  constructor(
    options: ConversationOptions,
    wants: (direction: Direction) => boolean,
    emit: (segment: Segment) => void,
  ) {
    this.#options = options
    this.#wants = wants
    this.#emit = emit
    this.#began = options.now()
    this.payloadMax = options.mtu - IP_AND_TCP_HEADERS - TIMESTAMP_OPTION
    this.#ends = { ingress: this.#end(), egress: this.#end() }
  }

  /** The client asks for a connection. */
  open(): void {
    this.#control('ingress', SYN)
    this.#ends.egress.expected = this.#ends.ingress.next
  }

  /** Production takes it. */
  accept(): void {
    this.#control('egress', SYN | ACK)
    this.#ends.ingress.expected = this.#ends.egress.next
    this.#acknowledge('ingress')
  }

  /** Production does not: nobody listens. Such a reset has the sequence number 0 (RFC 9293 3.5.2). */
  refuse(): void {
    this.#ends.egress.next = 0
    this.reset('egress')
  }

  /** Bytes cross in this direction, in as many segments as they need. */
  data(direction: Direction, bytes: Buffer): void {
    if (!this.#wants(direction)) {
      const end = this.#ends[direction]
      end.next = (end.next + bytes.length) >>> 0
      end.owed = 0
      return
    }
    for (let at = 0; at < bytes.length; at += this.payloadMax) {
      const payload = bytes.subarray(at, at + this.payloadMax)
      const last = at + payload.length === bytes.length
      this.#send(direction, last ? ACK | PSH : ACK, payload)
    }
  }

  /**
   * The other end's kernel has taken bytes that crossed in this direction. Answers whether it still owes an
   * acknowledgement, which it may delay (RFC 1122 4.2.3.2); two full segments are acknowledged at once.
   */
  delivered(direction: Direction, length: number): boolean {
    const to = other(direction)
    this.#receive(to, length)
    if (this.#ends[to].owed >= 2 * this.payloadMax) this.#acknowledge(to)
    return this.#ends[to].owed > 0
  }

  /** Acknowledgements that were delayed and not carried by data since. */
  acknowledgeOwed(): void {
    for (const direction of ['ingress', 'egress'] as const)
      if (this.#ends[direction].owed > 0) this.#acknowledge(direction)
  }

  /** No more bytes will cross in this direction. */
  finish(direction: Direction): void {
    this.#control(direction, FIN | ACK)
  }

  /** The other end has seen that. */
  finished(direction: Direction): void {
    this.#receive(other(direction), 1)
    this.#acknowledge(other(direction))
  }

  /** The end that sends in this direction broke the connection off. */
  reset(direction: Direction): void {
    this.#send(direction, RST | ACK, NO_BYTES)
  }

  #end(): End {
    return { next: this.#options.random32(), expected: 0, owed: 0, clock: this.#options.random32(), echo: 0 }
  }

  #receive(direction: Direction, length: number): void {
    const end = this.#ends[direction]
    end.expected = (end.expected + length) >>> 0
    end.owed += length
  }

  #acknowledge(direction: Direction): void {
    this.#send(direction, ACK, NO_BYTES)
  }

  /** SYN and FIN take one sequence number. */
  #control(direction: Direction, flags: number): void {
    this.#send(direction, flags, NO_BYTES)
    this.#ends[direction].next = (this.#ends[direction].next + 1) >>> 0
  }

  #send(direction: Direction, flags: number, payload: Buffer): void {
    const end = this.#ends[direction]
    const sequence = end.next
    end.next = (end.next + payload.length) >>> 0
    end.owed = 0
    const stamp = (end.clock + Math.floor(this.#options.now() - this.#began)) >>> 0
    const echo = end.echo
    this.#ends[other(direction)].echo = stamp
    if (!this.#wants(direction)) return
    const syn = (flags & SYN) !== 0
    this.#emit({
      direction,
      flags,
      sequence,
      acknowledgement: (flags & ACK) !== 0 ? end.expected : 0,
      window: syn ? 0xffff : WINDOW,
      options: syn ? synOptions(this.#options.mtu, stamp, echo) : timestamps(stamp, echo),
      payload,
    })
  }
}

const other = (direction: Direction): Direction => (direction === 'ingress' ? 'egress' : 'ingress')

const timestamps = (stamp: number, echo: number): Buffer => {
  const options = Buffer.allocUnsafe(TIMESTAMP_OPTION)
  options.writeUInt32BE(0x0101080a, 0)
  options.writeUInt32BE(stamp, 4)
  options.writeUInt32BE(echo, 8)
  return options
}

/** Maximum segment size, selective acknowledgement permitted, timestamps, window scale: as Linux sends them. */
const synOptions = (mtu: number, stamp: number, echo: number): Buffer => {
  const options = Buffer.allocUnsafe(20)
  options.writeUInt16BE(0x0204, 0)
  options.writeUInt16BE(mtu - IP_AND_TCP_HEADERS, 2)
  options.writeUInt32BE(0x0402080a, 4)
  options.writeUInt32BE(stamp, 8)
  options.writeUInt32BE(echo, 12)
  options.writeUInt32BE(0x01030300 | WINDOW_SCALE, 16)
  return options
}
