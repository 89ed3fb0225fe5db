import { describe, expect, test } from 'vitest'
import { CaptureFileError, readCapture, writePcap } from '../../../data-plane/source/pcap.ts'

const packets = [
  { at: 1_700_000_000_123.456, data: Buffer.from('one'), originalLength: 3 },
  { at: 1_700_000_001_000, data: Buffer.from('two!'), originalLength: 60 },
]

/** One block of a pcapng file. */
function block(type: number, body: Buffer, isBig: boolean): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)])
  const whole = Buffer.alloc(padded.length + 12)
  const put = (value: number, at: number): void =>
    void (isBig ? whole.writeUInt32BE(value, at) : whole.writeUInt32LE(value, at))
  put(type, 0)
  put(whole.length, 4)
  padded.copy(whole, 8)
  put(whole.length, whole.length - 4)
  return whole
}

function pcapng(isBig: boolean): Buffer {
  const u32 = (...values: number[]): Buffer => {
    const b = Buffer.alloc(values.length * 4)
    values.forEach((value, i) => {
      if (isBig) b.writeUInt32BE(value, i * 4)
      else b.writeUInt32LE(value, i * 4)
    })
    return b
  }
  const u16 = (...values: number[]): Buffer => {
    const b = Buffer.alloc(values.length * 2)
    values.forEach((value, i) => {
      if (isBig) b.writeUInt16BE(value, i * 2)
      else b.writeUInt16LE(value, i * 2)
    })
    return b
  }
  const nanoseconds = Buffer.concat([u16(9, 1), Buffer.from([9, 0, 0, 0]), u16(0, 0)])
  const ticks = 1_700_000_000_123_456_789n
  return Buffer.concat([
    block(0x0a0d0d0a, Buffer.concat([u32(0x1a2b3c4d), u16(1, 0), u32(0xffffffff, 0xffffffff)]), isBig),
    block(1, Buffer.concat([u16(101, 0), u32(0), nanoseconds]), isBig),
    block(0xbad, Buffer.from('skipped'), isBig),
    block(
      6,
      Buffer.concat([u32(0, Number(ticks >> 32n), Number(ticks & 0xffffffffn), 3, 9), Buffer.from('one')]),
      isBig,
    ),
    block(3, Buffer.concat([u32(5), Buffer.from('plain')]), isBig),
  ])
}

describe('capture files', () => {
  test('what is written is read', () => {
    const read = [...readCapture(writePcap(113, packets))]

    expect(read.map((p) => ({ ...p, data: p.data.toString() }))).toEqual([
      { at: 1_700_000_000_123.456, linkType: 113, data: 'one', originalLength: 3 },
      { at: 1_700_000_001_000, linkType: 113, data: 'two!', originalLength: 60 },
    ])
  })

  test('big-endian files with nanoseconds', () => {
    const file = Buffer.alloc(24 + 16 + 2)
    file.writeUInt32BE(0xa1b23c4d, 0)
    file.writeUInt32BE(1, 20)
    file.writeUInt32BE(5, 24)
    file.writeUInt32BE(500_000, 28)
    file.writeUInt32BE(2, 32)
    file.writeUInt32BE(2, 36)

    expect([...readCapture(file)]).toMatchObject([{ at: 5000.5, linkType: 1 }])
  })

  test.each([true, false])('pcapng, big-endian %s', (isBig) => {
    const read = [...readCapture(pcapng(isBig))]

    expect(read.map(({ data, ...rest }) => ({ ...rest, data: data.toString() }))).toEqual([
      { at: expect.closeTo(1_700_000_000_123.457, 2), linkType: 101, data: 'one', originalLength: 9 },
      { at: 0, linkType: 101, data: 'plain', originalLength: 5 },
    ])
  })

  test('a cut file gives its whole packets, then says where it is cut', () => {
    const file = writePcap(1, packets)
    const seen: string[] = []

    const read = (): void => {
      for (const { data } of readCapture(file.subarray(0, file.length - 1))) seen.push(data.toString())
    }

    expect(read).toThrow(CaptureFileError)
    expect(seen).toEqual(['one'])
    for (let length = 0; length < 24; length++)
      expect(() => [...readCapture(file.subarray(0, length))]).toThrow(CaptureFileError)
    expect(() => [...readCapture(Buffer.from('GIF89a, not a capture'))]).toThrow('not a capture file')
  })
})
