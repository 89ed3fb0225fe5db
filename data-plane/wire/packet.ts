import * as ethernet from './ethernet.ts'
import type { Fragments } from './fragments.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import * as tcp from './tcp.ts'
import * as udp from './udp.ts'

/**
 * What one captured packet turned out to be. Each packet has exactly one of these.
 *
 * - `tcp`, `udp`: the fields of `Packet` are set
 * - `cut`: captured too short to read its headers
 * - `not_ip`: ARP and everything else that is no IP
 * - `malformed`: lengths in its headers contradict each other
 * - `fragment`: kept until the rest of the IP packet comes
 * - `fragment_dropped`: a fragment that overlaps, is cut, or is over the limit
 * - `other_transport`: IP, but neither TCP nor UDP
 */
export type PacketKind =
  | 'tcp'
  | 'udp'
  | 'cut'
  | 'not_ip'
  | 'malformed'
  | 'fragment'
  | 'fragment_dropped'
  | 'other_transport'

/** One decoded packet. A single object is filled again and again, so that a packet costs no allocation. */
export class Packet {
  /** Where the payload is: the caller's buffer, or a reassembled IP packet. */
  buffer: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  /** Bytes of payload that the sender sent and the capture cut off. */
  missing = 0
  vni = -1
  /** Its Ethernet frame, of the last fragment when there are several; null where there was none. */
  frame: Buffer | null = null
  frameStart = 0
  family: 4 | 6 = 4
  source0 = 0
  source1 = 0
  source2 = 0
  source3 = 0
  destination0 = 0
  destination1 = 0
  destination2 = 0
  destination3 = 0
  sourcePort = 0
  destinationPort = 0
  sequence = 0
  acknowledgement = 0
  flags = 0
}

/** Decodes an Ethernet frame in `b[offset, end)`. Checks each length once; never throws. */
export function decodeFrame(
  packet: Packet,
  fragments: Fragments,
  b: Buffer,
  offset: number,
  end: number,
  at: number,
): PacketKind {
  if (end - offset < ethernet.HEADER_LENGTH) return 'cut'
  let type = ethernet.etherType(b, offset)
  let start = offset + ethernet.HEADER_LENGTH
  while (ethernet.isTag(type)) {
    if (end - start < ethernet.TAG_LENGTH) return 'cut'
    type = (b[start + 2]! << 8) | b[start + 3]!
    start += ethernet.TAG_LENGTH
  }
  return decodeNetwork(packet, fragments, type, b, start, end, at)
}

/** Decodes what follows a link header, by its EtherType. */
export function decodeNetwork(
  packet: Packet,
  fragments: Fragments,
  etherType: number,
  b: Buffer,
  offset: number,
  end: number,
  at: number,
): PacketKind {
  if (etherType === ethernet.TYPE_IPV4) return decodeIpv4(packet, fragments, b, offset, end, at)
  if (etherType === ethernet.TYPE_IPV6) return decodeIpv6(packet, fragments, b, offset, end, at)
  return 'not_ip'
}

function decodeIpv4(
  packet: Packet,
  fragments: Fragments,
  b: Buffer,
  offset: number,
  end: number,
  at: number,
): PacketKind {
  if (end - offset < ipv4.HEADER_LENGTH) return 'cut'
  if (ipv4.version(b, offset) !== 4) return 'malformed'
  const headerLength = ipv4.headerLength(b, offset)
  // A total length of zero is what segmentation offload leaves in captures taken before the split.
  const totalLength = ipv4.totalLength(b, offset) || end - offset
  if (headerLength < ipv4.HEADER_LENGTH || totalLength < headerLength) return 'malformed'
  if (end - offset < headerLength) return 'cut'

  packet.family = 4
  packet.source0 = tcp.word(b, offset + 12)
  packet.source1 = packet.source2 = packet.source3 = 0
  packet.destination0 = tcp.word(b, offset + 16)
  packet.destination1 = packet.destination2 = packet.destination3 = 0

  const protocol = ipv4.protocol(b, offset)
  const start = offset + headerLength
  // Bytes after the total length are Ethernet padding, bytes short of it were cut by the capture.
  const sent = offset + totalLength
  if (!ipv4.isFragment(b, offset)) {
    return decodeTransport(packet, protocol, b, start, Math.min(sent, end), Math.max(0, sent - end))
  }
  if (sent > end) return 'fragment_dropped'
  const id = ipv4.identification(b, offset)
  const from = ipv4.fragmentOffset(b, offset)
  const more = ipv4.moreFragments(b, offset)
  const kind = fragments.add(packet, protocol, id, from, more, b, start, sent, at)
  if (kind !== 'whole') return kind
  return decodeTransport(packet, protocol, fragments.whole, 0, fragments.whole.length, 0)
}

function decodeIpv6(
  packet: Packet,
  fragments: Fragments,
  b: Buffer,
  offset: number,
  end: number,
  at: number,
): PacketKind {
  if (end - offset < ipv6.HEADER_LENGTH) return 'cut'
  if (ipv4.version(b, offset) !== 6) return 'malformed'

  packet.family = 6
  packet.source0 = tcp.word(b, offset + 8)
  packet.source1 = tcp.word(b, offset + 12)
  packet.source2 = tcp.word(b, offset + 16)
  packet.source3 = tcp.word(b, offset + 20)
  packet.destination0 = tcp.word(b, offset + 24)
  packet.destination1 = tcp.word(b, offset + 28)
  packet.destination2 = tcp.word(b, offset + 32)
  packet.destination3 = tcp.word(b, offset + 36)

  const start = offset + ipv6.HEADER_LENGTH
  // Zero as in IPv4: offload. (Jumbograms of more than 64 KiB do not exist in a VPC.)
  const payloadLength = ipv6.payloadLength(b, offset) || end - start
  return decodeIpv6Payload(
    packet,
    fragments,
    ipv6.nextHeader(b, offset),
    b,
    start,
    start + payloadLength,
    end,
    at,
  )
}

/** Steps over extension headers. `sent` is where the packet ended on the wire, `end` where the capture ends. */
function decodeIpv6Payload(
  packet: Packet,
  fragments: Fragments | null,
  firstProtocol: number,
  b: Buffer,
  offset: number,
  sent: number,
  end: number,
  at: number,
): PacketKind {
  const limit = Math.min(sent, end)
  let protocol = firstProtocol
  let start = offset
  for (;;) {
    if (protocol === ipv6.FRAGMENT) {
      if (limit - start < 8) return sent > end ? 'cut' : 'malformed'
      const from = ipv6.fragmentOffset(b, start)
      const more = ipv6.moreFragments(b, start)
      const inner = b[start]!
      if (from === 0 && !more) {
        // An atomic fragment (RFC 6946) is a whole packet.
        protocol = inner
        start += 8
        continue
      }
      if (sent > end || fragments === null) return 'fragment_dropped'
      const id = tcp.word(b, start + 4)
      const kind = fragments.add(packet, inner, id, from, more, b, start + 8, limit, at)
      if (kind !== 'whole') return kind
      const whole = fragments.whole
      return decodeIpv6Payload(packet, null, inner, whole, 0, whole.length, whole.length, at)
    }
    if (!ipv6.isExtension(protocol)) break
    if (limit - start < 8) return sent > end ? 'cut' : 'malformed'
    const length = ipv6.extensionLength(b, start, protocol)
    protocol = b[start]!
    start += length
  }
  if (start > limit) return sent > end ? 'cut' : 'malformed'
  return decodeTransport(packet, protocol, b, start, limit, Math.max(0, sent - end))
}

function decodeTransport(
  packet: Packet,
  protocol: number,
  b: Buffer,
  offset: number,
  end: number,
  missing: number,
): PacketKind {
  const available = end - offset
  if (protocol === tcp.PROTOCOL) {
    if (available < tcp.HEADER_LENGTH) return missing > 0 ? 'cut' : 'malformed'
    const headerLength = tcp.headerLength(b, offset)
    if (headerLength < tcp.HEADER_LENGTH) return 'malformed'
    if (available < headerLength) return missing > 0 ? 'cut' : 'malformed'
    packet.sourcePort = tcp.port(b, offset)
    packet.destinationPort = tcp.port(b, offset + 2)
    packet.sequence = tcp.word(b, offset + 4)
    packet.acknowledgement = tcp.word(b, offset + 8)
    packet.flags = tcp.flags(b, offset)
    packet.buffer = b
    packet.start = offset + headerLength
    packet.end = end
    packet.missing = missing
    return 'tcp'
  }
  if (protocol === udp.PROTOCOL) {
    if (available < udp.HEADER_LENGTH) return missing > 0 ? 'cut' : 'malformed'
    const length = udp.length(b, offset) || available
    if (length < udp.HEADER_LENGTH) return 'malformed'
    packet.sourcePort = udp.port(b, offset)
    packet.destinationPort = udp.port(b, offset + 2)
    packet.buffer = b
    packet.start = offset + udp.HEADER_LENGTH
    packet.end = Math.min(end, offset + length)
    packet.missing = missing
    return 'udp'
  }
  return 'other_transport'
}
