import { parseAddress } from '../../data-plane/wire/address.ts'
import { ethernetFrame, tcpPacket, vxlanPayload } from '../../data-plane/wire/emit.ts'
import { ACK, FIN, PSH, SYN } from '../../data-plane/wire/tcp.ts'

export type MirroredConnectionOptions = {
  vni: number
  client: { address: string; port: number }
  server: { address: string; port: number }
  /** Payload bytes per segment. */
  mss?: number
  /** First sequence numbers of client and server. */
  sequence?: [number, number]
}

/**
 * One TCP connection as a mirror target receives it: every method gives the VXLAN payloads of the packets that cross the
 * wire for it, both directions, each side's data acknowledged.
 */
export class MirroredConnection {
  readonly #options: MirroredConnectionOptions
  readonly #mss: number
  #clientNext: number
  #serverNext: number

  constructor(options: MirroredConnectionOptions) {
    this.#options = options
    this.#mss = options.mss ?? 1460
    ;[this.#clientNext, this.#serverNext] = options.sequence ?? [1_000, 2_000]
  }

  open(): Buffer[] {
    const packets = [this.#client(SYN), this.#server(SYN | ACK)]
    return [...packets, this.#client(ACK)]
  }

  /** From the client; the server acknowledges every second segment. */
  request(bytes: Buffer): Buffer[] {
    return this.#segments(bytes, 'client')
  }

  response(bytes: Buffer): Buffer[] {
    return this.#segments(bytes, 'server')
  }

  close(): Buffer[] {
    const packets = [this.#client(FIN | ACK), this.#server(FIN | ACK)]
    return [...packets, this.#client(ACK)]
  }

  #segments(bytes: Buffer, from: 'client' | 'server'): Buffer[] {
    const packets: Buffer[] = []
    for (let at = 0, n = 1; at < bytes.length; at += this.#mss, n++) {
      const part = bytes.subarray(at, at + this.#mss)
      packets.push(from === 'client' ? this.#client(ACK | PSH, part) : this.#server(ACK | PSH, part))
      if (n % 2 === 0 || at + this.#mss >= bytes.length)
        packets.push(from === 'client' ? this.#server(ACK) : this.#client(ACK))
    }
    return packets
  }

  #client(flags: number, payload: Buffer = Buffer.alloc(0)): Buffer {
    const { client, server } = this.#options
    const packet = this.#packet(client, server, this.#clientNext, this.#serverNext, flags, payload)
    this.#clientNext = (this.#clientNext + payload.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0
    return packet
  }

  #server(flags: number, payload: Buffer = Buffer.alloc(0)): Buffer {
    const { client, server } = this.#options
    const packet = this.#packet(server, client, this.#serverNext, this.#clientNext, flags, payload)
    this.#serverNext = (this.#serverNext + payload.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0
    return packet
  }

  #packet(
    from: { address: string; port: number },
    to: { address: string; port: number },
    sequence: number,
    acknowledgement: number,
    flags: number,
    payload: Buffer,
  ): Buffer {
    const ip = { source: parseAddress(from.address), destination: parseAddress(to.address) }
    const fields = {
      sourcePort: from.port,
      destinationPort: to.port,
      sequence,
      acknowledgement: flags & ACK ? acknowledgement : 0,
      flags,
      window: 65_535,
    }
    return vxlanPayload(this.#options.vni, ethernetFrame(tcpPacket(ip, fields, payload)))
  }
}
