import { parseAddress } from '../../data-plane/wire/address.ts'
import { ethernetFrame, tcpPacket } from '../../data-plane/wire/emit.ts'
import { ACK, FIN, PSH, RST, SYN } from '../../data-plane/wire/tcp.ts'

/** One captured frame of a conversation. */
export type Captured = {
  frame: Buffer
  from: 'client' | 'server'
  /** Which `say` it belongs to, -1 for segments without data. */
  message: number
}

/**
 * Writes down the packets of one TCP connection as a tap at either end would see them: right sequence and acknowledgement
 * numbers, segments of at most `mss` bytes.
 */
export class Conversation {
  readonly packets: Captured[] = []
  readonly #ends: Record<'client' | 'server', { address: Uint8Array; port: number; next: number }>
  readonly #mac: Uint8Array | undefined
  #messages = 0

  constructor(
    options: {
      client?: string
      server?: string
      port?: number
      serverPort?: number
      isn?: [number, number]
      /** The server's MAC address; the client has none. */
      mac?: Uint8Array
    } = {},
  ) {
    const { client = '10.0.0.1', server = '10.0.0.2', port = 40_000, isn = [1000, 900_000] } = options
    this.#mac = options.mac
    this.#ends = {
      client: { address: parseAddress(client), port, next: isn[0] },
      server: { address: parseAddress(server), port: options.serverPort ?? 80, next: isn[1] },
    }
  }

  open(): this {
    this.segment('client', SYN, { withoutAck: true })
    this.#ends.client.next++
    this.segment('server', SYN | ACK)
    this.#ends.server.next++
    return this.segment('client', ACK)
  }

  /** Sends bytes in segments of `mss` or of the sizes given. Returns the message's number. */
  say(from: 'client' | 'server', bytes: Buffer | string, cut: number | readonly number[] = 1460): number {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    const message = this.#messages++
    let at = 0
    for (let i = 0; at < data.length; i++) {
      const size = typeof cut === 'number' ? cut : (cut[i % cut.length] ?? 1460)
      const part = data.subarray(at, at + Math.max(1, size))
      this.segment(from, ACK | PSH, { data: part, message })
      this.#ends[from].next += part.length
      at += part.length
    }
    return message
  }

  ack(from: 'client' | 'server'): this {
    return this.segment(from, ACK)
  }

  finish(): this {
    for (const from of ['client', 'server'] as const) {
      this.segment(from, FIN | ACK)
      this.#ends[from].next++
    }
    return this.segment('client', ACK)
  }

  reset(from: 'client' | 'server'): this {
    return this.segment(from, RST | ACK)
  }

  /** Bytes that were sent and that no packet will carry. */
  skip(from: 'client' | 'server', bytes: number): this {
    this.#ends[from].next += bytes
    return this
  }

  /** One segment at the current place; `offset` moves it, the place itself does not move. */
  segment(
    from: 'client' | 'server',
    flags: number,
    options: { data?: Uint8Array; message?: number; offset?: number; withoutAck?: boolean } = {},
  ): this {
    const to = from === 'client' ? 'server' : 'client'
    const source = this.#ends[from]
    const destination = this.#ends[to]
    const packet = tcpPacket(
      { source: source.address, destination: destination.address },
      {
        sourcePort: source.port,
        destinationPort: destination.port,
        sequence: source.next + (options.offset ?? 0),
        acknowledgement: options.withoutAck ? 0 : destination.next,
        flags,
      },
      options.data,
    )
    const macs = this.#mac && { [from === 'client' ? 'destinationMac' : 'sourceMac']: this.#mac }
    this.packets.push({ frame: ethernetFrame(packet, macs), from, message: options.message ?? -1 })
    return this
  }
}
