import { addWords, finish } from './checksum.ts'
import * as ethernet from './ethernet.ts'
import * as geneve from './geneve.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import * as tcp from './tcp.ts'
import * as udp from './udp.ts'
import * as vxlan from './vxlan.ts'

/** Whole packets with right lengths and checksums, for taps and tests. */

const NOTHING = new Uint8Array(0)
const NO_MAC = new Uint8Array(6)

export type IpOptions = {
  /** 4 or 16 bytes each, see `parseAddress`; both of one family. */
  source: Uint8Array
  destination: Uint8Array
  /** IPv4 only. */
  identification?: number
  ttl?: number
}

export type FrameOptions = {
  sourceMac?: Uint8Array
  destinationMac?: Uint8Array
  /** VLAN identifiers from the outside in. */
  vlans?: readonly number[]
}

/** An IP packet (no link header) with one TCP segment. */
export function tcpPacket(
  ip: IpOptions,
  fields: tcp.TcpFields,
  payload: Uint8Array = NOTHING,
): Buffer<ArrayBuffer> {
  const headerLength = tcp.HEADER_LENGTH + (fields.options?.length ?? 0)
  const packet = ipPacket(ip, tcp.PROTOCOL, headerLength + payload.length)
  const start = packet.length - headerLength - payload.length
  packet.set(payload, tcp.emit(packet, start, fields))
  packet.writeUInt16BE(transportChecksum(packet, start, ip, tcp.PROTOCOL), start + 16)
  return packet
}

/** An IP packet (no link header) with one UDP datagram. `checksum: false` leaves it zero, as AWS mirroring does. */
export function udpPacket(
  ip: IpOptions,
  ports: { sourcePort: number; destinationPort: number; checksum?: boolean },
  payload: Uint8Array = NOTHING,
): Buffer<ArrayBuffer> {
  const packet = ipPacket(ip, udp.PROTOCOL, udp.HEADER_LENGTH + payload.length)
  const start = packet.length - udp.HEADER_LENGTH - payload.length
  packet.set(payload, udp.emit(packet, start, ports.sourcePort, ports.destinationPort, payload.length))
  if (ports.checksum !== false) {
    // A computed zero is sent as all ones (RFC 768), zero means "no checksum".
    packet.writeUInt16BE(transportChecksum(packet, start, ip, udp.PROTOCOL) || 0xffff, start + 6)
  }
  return packet
}

/** An Ethernet frame around an IP packet, or around any payload when `type` is given. */
export function ethernetFrame(
  packet: Uint8Array,
  options: FrameOptions = {},
  type?: number,
): Buffer<ArrayBuffer> {
  const vlans = options.vlans ?? []
  const header = ethernet.HEADER_LENGTH + vlans.length * ethernet.TAG_LENGTH
  const frame = Buffer.allocUnsafe(header + packet.length)
  const etherType = type ?? (packet[0]! >>> 4 === 6 ? ethernet.TYPE_IPV6 : ethernet.TYPE_IPV4)
  const destination = options.destinationMac ?? NO_MAC
  ethernet.emit(frame, 0, destination, options.sourceMac ?? NO_MAC, etherType, vlans)
  frame.set(packet, header)
  return frame
}

/** The UDP payload of a mirrored frame. */
export function vxlanPayload(networkId: number, frame: Uint8Array): Buffer<ArrayBuffer> {
  const payload = Buffer.allocUnsafe(vxlan.HEADER_LENGTH + frame.length)
  payload.set(frame, vxlan.emit(payload, 0, networkId))
  return payload
}

/** The UDP payload of an IP packet that a Gateway Load Balancer forwards. */
export function genevePayload(
  packet: Uint8Array,
  options: readonly geneve.GeneveOption[] = [],
): Buffer<ArrayBuffer> {
  const type = packet[0]! >>> 4 === 6 ? ethernet.TYPE_IPV6 : ethernet.TYPE_IPV4
  const optionLength = options.reduce((sum, { data }) => sum + 4 + data.length, 0)
  const payload = Buffer.allocUnsafe(geneve.HEADER_LENGTH + optionLength + packet.length)
  payload.set(packet, geneve.emit(payload, 0, type, options))
  return payload
}

/**
 * Cuts an IPv4 packet into fragments that carry at most `size` bytes of payload each (rounded down to a multiple of 8).
 */
export function fragmentIpv4(packet: Uint8Array, size: number): Buffer<ArrayBuffer>[] {
  const headerLength = ipv4.headerLength(packet, 0)
  const step = Math.max(8, size & ~7)
  const fragments: Buffer<ArrayBuffer>[] = []
  for (let from = headerLength; from < packet.length; from += step) {
    const part = packet.subarray(from, from + step)
    const fragment = Buffer.allocUnsafe(ipv4.HEADER_LENGTH + part.length)
    const fields = {
      source: packet.subarray(12, 16),
      destination: packet.subarray(16, 20),
      protocol: ipv4.protocol(packet, 0),
      identification: ipv4.identification(packet, 0),
      fragmentOffset: from - headerLength,
      moreFragments: from + step < packet.length,
    }
    fragment.set(part, ipv4.emit(fragment, 0, fields, part.length))
    fragments.push(fragment)
  }
  return fragments
}

function ipPacket(ip: IpOptions, protocol: number, payloadLength: number): Buffer<ArrayBuffer> {
  const hops = ip.ttl ?? 64
  if (ip.source.length === 4) {
    const packet = Buffer.allocUnsafe(ipv4.HEADER_LENGTH + payloadLength)
    const fields = { ...ip, protocol, ttl: hops, dontFragment: true }
    ipv4.emit(packet, 0, fields, payloadLength)
    return packet
  }
  const packet = Buffer.allocUnsafe(ipv6.HEADER_LENGTH + payloadLength)
  ipv6.emit(packet, 0, { ...ip, nextHeader: protocol, hopLimit: hops }, payloadLength)
  return packet
}

/** Sum over the pseudo header (RFC 9293 3.1, RFC 8200 8.1) and everything from `start` to the end of the packet. */
function transportChecksum(packet: Uint8Array, start: number, ip: IpOptions, protocol: number): number {
  let sum = protocol + (packet.length - start)
  sum = addWords(sum, ip.source, 0, ip.source.length)
  sum = addWords(sum, ip.destination, 0, ip.destination.length)
  return finish(addWords(sum, packet, start, packet.length))
}
