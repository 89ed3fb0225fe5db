import { parseAddress } from '../../data-plane/wire/address.ts'
import type { Segment } from '../../data-plane/wire/conversation.ts'
import { ethernetFrame, tcpPacket } from '../../data-plane/wire/emit.ts'

/** One end of a connection with all of its addresses. */
export type Station = Readonly<{ ip: string; port: number; mac: Uint8Array }>

/** Puts the headers of one connection around its segments: Ethernet, IPv4, TCP. */
export class FrameBuilder {
  readonly #client: Station
  readonly #production: Station
  readonly #clientAddress: Uint8Array
  readonly #productionAddress: Uint8Array
  /** IPv4 identification counts up for each sender, as Linux does it for a connected socket. */
  readonly #identification = { ingress: 0, egress: 0 }

  constructor(client: Station, production: Station) {
    this.#client = client
    this.#production = production
    this.#clientAddress = parseAddress(client.ip)
    this.#productionAddress = parseAddress(production.ip)
    // Any number will do; this one differs from connection to connection.
    this.#identification.ingress = (client.port * 31) & 0xffff
    this.#identification.egress = (client.port * 17) & 0xffff
  }

  /** A whole Ethernet frame with right lengths and checksums. */
  frame(segment: Segment): Buffer {
    const inward = segment.direction === 'ingress'
    const [from, to] = inward ? [this.#client, this.#production] : [this.#production, this.#client]
    const [source, destination] = inward
      ? [this.#clientAddress, this.#productionAddress]
      : [this.#productionAddress, this.#clientAddress]
    const identification = this.#identification[segment.direction]
    this.#identification[segment.direction] = (identification + 1) & 0xffff
    const packet = tcpPacket(
      { source, destination, identification },
      { ...segment, sourcePort: from.port, destinationPort: to.port },
      segment.payload,
    )
    return ethernetFrame(packet, { sourceMac: from.mac, destinationMac: to.mac })
  }
}
