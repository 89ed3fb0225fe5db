import type { Request } from '../http/exchange.ts'
import { parseAddress } from '../wire/address.ts'
import { Conversation, type Direction, type Segment } from '../wire/conversation.ts'
import { ethernetFrame, tcpPacket } from '../wire/emit.ts'

/** One packet of a capture in the making. */
export type TimedPacket = { at: number; data: Buffer }

/** Of an Ethernet link. */
const MTU = 1_500
/** Between packets that go out at once: a capture counts microseconds. */
const STEP_MS = 0.001

/** A TCP connection that carried what is said on it, packet by packet. */
export class SyntheticLine {
  readonly #packets: TimedPacket[]
  readonly #conversation: Conversation
  readonly #client: Uint8Array
  readonly #server: Uint8Array
  readonly #ports: Readonly<Record<Direction, { sourcePort: number; destinationPort: number }>>
  #now: number

  /** Opens just before the request. Packets are put behind those that are there. */
  constructor({ connection: { client, server, id }, firstAt }: Request, packets: TimedPacket[]) {
    this.#packets = packets
    this.#client = parseAddress(client.address)
    this.#server = parseAddress(server.address)
    this.#ports = {
      ingress: { sourcePort: client.port, destinationPort: server.port },
      egress: { sourcePort: server.port, destinationPort: client.port },
    }
    this.#now = firstAt - 4 * STEP_MS
    // Any numbers will do, and the same file is written the same way each time.
    let seed = (id * 2_654_435_761 + Math.round(firstAt)) >>> 0
    this.#conversation = new Conversation(
      {
        mtu: MTU,
        now: () => this.#now,
        random32: () => {
          seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
          return seed
        },
      },
      () => true,
      (segment) => this.#emit(segment),
    )
    this.#conversation.open()
    this.#conversation.accept()
  }

  /** The first packet of a message at its first time, or as soon as what is before it is said; the last at its last. */
  say(direction: Direction, bytes: Buffer, { firstAt, lastAt }: { firstAt: number; lastAt: number }): void {
    const begin = Math.max(this.#now, firstAt)
    // Even a short one goes in two packets when it took its time.
    const parts = Math.max(Math.ceil(bytes.length / this.#conversation.payloadMax), lastAt > begin ? 2 : 1)
    const size = Math.ceil(bytes.length / parts)
    const gap = Math.max(0, lastAt - begin) / Math.max(1, parts - 1)
    for (let n = 0; n < parts; n++) {
      const part = bytes.subarray(n * size, (n + 1) * size)
      this.#now = Math.max(this.#now, begin + n * gap)
      this.#conversation.data(direction, part)
      this.#conversation.delivered(direction, part.length)
    }
    this.#conversation.acknowledgeOwed()
  }

  end(): void {
    for (const direction of ['ingress', 'egress'] as const) {
      this.#conversation.finish(direction)
      this.#conversation.finished(direction)
    }
  }

  #emit(segment: Segment): void {
    const isInward = segment.direction === 'ingress'
    const ip = {
      source: isInward ? this.#client : this.#server,
      destination: isInward ? this.#server : this.#client,
    }
    const packet = tcpPacket(ip, { ...segment, ...this.#ports[segment.direction] }, segment.payload)
    this.#packets.push({ at: this.#now, data: ethernetFrame(packet) })
    this.#now += STEP_MS
  }
}
