/**
 * Capture files: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng) read, pcap written.
 * A file is read whole: captures that are replayed fit into memory.
 */

export type CapturedPacket = {
  /** Milliseconds since the epoch, with fractions. */
  at: number
  linkType: number
  data: Buffer
  /** Length on the wire; more than `data.length` when the capture was cut. */
  originalLength: number
}

/** The file is no capture, or is cut inside a record; `at` is the byte where reading stopped. */
export class CaptureFileError extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(`${message} (byte ${at})`)
    this.name = 'CaptureFileError'
    this.at = at
  }
}

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const PACKET = 2
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6
const BYTE_ORDER = 0x1a2b3c4d

/**
 * Yields the packets of a pcap or pcapng file. Throws `CaptureFileError` when the file is neither, or after the last whole
 * packet of a file that is cut.
 */
export function* readCapture(file: Buffer): Generator<CapturedPacket> {
  if (file.length < 4) throw new CaptureFileError('too short for a capture file', 0)
  if (file.readUInt32BE(0) === SECTION_HEADER) yield* readPcapng(file)
  else yield* readPcap(file)
}

function* readPcap(file: Buffer): Generator<CapturedPacket> {
  const magic = file.readUInt32BE(0)
  const big = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d
  const nanoseconds = magic === 0xa1b23c4d || magic === 0x4d3cb2a1
  if (!big && magic !== 0xd4c3b2a1 && !nanoseconds) throw new CaptureFileError('not a capture file', 0)
  if (file.length < 24) throw new CaptureFileError('cut in the file header', file.length)

  const u32 = (at: number): number => (big ? file.readUInt32BE(at) : file.readUInt32LE(at))
  // The upper bits carry the length of a frame check sequence.
  const linkType = u32(20) & 0xffff
  const perMillisecond = nanoseconds ? 1e6 : 1e3
  for (let at = 24; at < file.length; ) {
    if (file.length - at < 16) throw new CaptureFileError('cut in a record header', at)
    const length = u32(at + 8)
    if (file.length - at - 16 < length) throw new CaptureFileError('cut in a packet', at)
    yield {
      at: u32(at) * 1000 + u32(at + 4) / perMillisecond,
      linkType,
      data: file.subarray(at + 16, at + 16 + length),
      originalLength: u32(at + 12),
    }
    at += 16 + length
  }
}

type Interface = { linkType: number; snapLength: number; ticksPerMillisecond: number; offsetMs: number }

function* readPcapng(file: Buffer): Generator<CapturedPacket> {
  let big = false
  let interfaces: Interface[] = []
  const u16 = (at: number): number => (big ? file.readUInt16BE(at) : file.readUInt16LE(at))
  const u32 = (at: number): number => (big ? file.readUInt32BE(at) : file.readUInt32LE(at))

  for (let at = 0; at < file.length; ) {
    if (file.length - at < 12) throw new CaptureFileError('cut in a block', at)
    if (file.readUInt32BE(at) === SECTION_HEADER) {
      big = file.readUInt32BE(at + 8) === BYTE_ORDER
      if (!big && file.readUInt32LE(at + 8) !== BYTE_ORDER) throw new CaptureFileError('bad byte order', at)
      interfaces = []
    }
    const type = u32(at)
    const length = u32(at + 4)
    if (length < 12 || length % 4 !== 0) throw new CaptureFileError('bad block length', at)
    if (file.length - at < length) throw new CaptureFileError('cut in a block', at)
    const end = at + length - 4

    if (type === INTERFACE_DESCRIPTION && length >= 20) interfaces.push(readInterface(at, end))
    else if (type === ENHANCED_PACKET && length >= 32) {
      const packet = readPacket(interfaces[u32(at + 8)], at, end)
      if (packet !== null) yield packet
    } else if (type === PACKET && length >= 32) {
      const packet = readPacket(interfaces[u16(at + 8)], at, end)
      if (packet !== null) yield packet
    } else if (type === SIMPLE_PACKET && length >= 16 && interfaces[0] !== undefined) {
      const originalLength = u32(at + 8)
      const snap = interfaces[0].snapLength || originalLength
      const data = file.subarray(at + 12, Math.min(at + 12 + Math.min(originalLength, snap), end))
      yield { at: 0, linkType: interfaces[0].linkType, data, originalLength }
    }
    at += length
  }

  function readInterface(at: number, end: number): Interface {
    const found = { linkType: u16(at + 8), snapLength: u32(at + 12), ticksPerMillisecond: 1000, offsetMs: 0 }
    for (let option = at + 16; end - option >= 4; ) {
      const code = u16(option)
      const length = u16(option + 2)
      if (code === 0 || end - option - 4 < length) break
      if (code === 9 && length === 1) {
        const exponent = file[option + 4] ?? 6
        const perSecond = exponent & 0x80 ? 2 ** (exponent & 0x7f) : 10 ** exponent
        found.ticksPerMillisecond = perSecond / 1000
      }
      if (code === 14 && length === 8) {
        found.offsetMs =
          Number(big ? file.readBigInt64BE(option + 4) : file.readBigInt64LE(option + 4)) * 1000
      }
      option += 4 + ((length + 3) & ~3)
    }
    return found
  }

  /** Enhanced and obsolete packet blocks have the same fields from the time on. */
  function readPacket(from: Interface | undefined, at: number, end: number): CapturedPacket | null {
    const length = u32(at + 20)
    if (from === undefined || at + 28 + length > end) return null
    const ticks = u32(at + 12) * 2 ** 32 + u32(at + 16)
    return {
      at: ticks / from.ticksPerMillisecond + from.offsetMs,
      linkType: from.linkType,
      data: file.subarray(at + 28, at + 28 + length),
      originalLength: u32(at + 24),
    }
  }
}

/** A pcap file (little-endian, microseconds) of packets that all have one link type. */
export function writePcap(
  linkType: number,
  packets: Iterable<{ at: number; data: Uint8Array; originalLength?: number }>,
): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(linkType, 20)

  const parts: Uint8Array[] = [header]
  for (const { at, data, originalLength } of packets) {
    const record = Buffer.alloc(16)
    const microseconds = Math.round(at * 1000)
    record.writeUInt32LE(Math.floor(microseconds / 1e6), 0)
    record.writeUInt32LE(microseconds % 1e6, 4)
    record.writeUInt32LE(data.length, 8)
    record.writeUInt32LE(originalLength ?? data.length, 12)
    parts.push(record, data)
  }
  return Buffer.concat(parts)
}
