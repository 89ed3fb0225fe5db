/** One mirrored TCP segment as it lies in a VXLAN payload, read by offsets: nothing of the product's own parsers. */
export type CapturedSegment = {
  vni: number
  sourceMac: string
  destinationMac: string
  /** By the port: the service's is below 32768, a client's is not. */
  direction: 'ingress' | 'egress'
  sourcePort: number
  destinationPort: number
  sequence: number
  acknowledgement: number
  flags: number
  /** The option of a SYN. */
  mss: number | null
  payload: Buffer
}

const VXLAN = 8
const ETHERNET = 14

export const readSegment = (datagram: Buffer): CapturedSegment => {
  const frame = datagram.subarray(VXLAN)
  const ip = frame.subarray(ETHERNET)
  const tcp = ip.subarray(((ip[0] ?? 0) & 15) * 4, ip.readUInt16BE(2))
  const sourcePort = tcp.readUInt16BE(0)
  const flags = tcp[13] ?? 0
  return {
    vni: datagram.readUIntBE(4, 3),
    destinationMac: mac(frame, 0),
    sourceMac: mac(frame, 6),
    direction: sourcePort >= 32_768 ? 'ingress' : 'egress',
    sourcePort,
    destinationPort: tcp.readUInt16BE(2),
    sequence: tcp.readUInt32BE(4),
    acknowledgement: tcp.readUInt32BE(8),
    flags,
    mss: flags & 2 && tcp[20] === 2 ? tcp.readUInt16BE(22) : null,
    payload: Buffer.from(tcp.subarray(((tcp[12] ?? 0) >> 4) * 4)),
  }
}

const mac = (frame: Buffer, at: number): string =>
  [...frame.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')

/** The bytes of one direction; throws unless every segment begins where the one before ended. */
export const reassemble = (
  segments: readonly CapturedSegment[],
  direction: CapturedSegment['direction'],
): Buffer => {
  const half = segments.filter((segment) => segment.direction === direction)
  let next = half[0]?.sequence ?? 0
  for (const { sequence, flags, payload } of half) {
    if (sequence !== next) throw new Error(`expected sequence number ${next}, found ${sequence}`)
    next = (next + payload.length + (flags & 3 ? 1 : 0)) >>> 0
  }
  return Buffer.concat(half.map(({ payload }) => payload))
}
