import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4, formatIpv6, parseAddress } from '../../../data-plane/wire/address.ts'
import { addWords, finish } from '../../../data-plane/wire/checksum.ts'
import { ethernetFrame, fragmentIpv4, tcpPacket, udpPacket } from '../../../data-plane/wire/emit.ts'
import { Fragments } from '../../../data-plane/wire/fragments.ts'
import * as ipv4 from '../../../data-plane/wire/ipv4.ts'
import { decodeFrame, Packet, type PacketKind } from '../../../data-plane/wire/packet.ts'
import { injectFaults, seeded } from '../../support/faults.ts'

function decode(
  frame: Buffer,
  fragments = new Fragments(),
): { kind: PacketKind; packet: Packet; payload: Buffer } {
  const packet = new Packet()
  const kind = decodeFrame(packet, fragments, frame, 0, frame.length, 0)
  return { kind, packet, payload: Buffer.from(packet.buffer.subarray(packet.start, packet.end)) }
}

const V4 = { source: parseAddress('10.0.0.1'), destination: parseAddress('10.0.0.2') }
const V6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') }
const TCP = { sourcePort: 1234, destinationPort: 80, sequence: 0xfffffff0, acknowledgement: 7, flags: 0x18 }
const PAYLOAD = Buffer.from('payload')

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((b) => Buffer.from(b))
const ends = fc.constantFrom(V4, V6)
const port = fc.integer({ min: 0, max: 65_535 })
const word = fc.integer({ min: 0, max: 0xffffffff })

describe('packets', () => {
  test('an emitted TCP packet has these bytes', () => {
    const packet = tcpPacket(V4, TCP, Buffer.from('hi'))

    expect(packet.toString('hex')).toBe(
      '4500002a00004000400626cc0a0000010a000002' +
        '04d20050fffffff000000007' +
        '5018ffff' +
        packet.toString('hex', 36, 40) +
        '6869',
    )
    expect(finish(addWords(0, packet, 0, 20))).toBe(0)
  })

  test('what is emitted is decoded, with right checksums', () => {
    fc.assert(
      fc.property(
        ends,
        port,
        port,
        word,
        word,
        bytes(100),
        fc.array(fc.nat(4095), { maxLength: 3 }),
        bytes(9),
        (ip, from, to, sequence, acknowledgement, payload, vlans, padding) => {
          const fields = {
            sourcePort: from,
            destinationPort: to,
            sequence,
            acknowledgement,
            flags: 0x10,
            options: Buffer.alloc(8, 1),
          }
          const inner = tcpPacket(ip, fields, payload)
          const {
            kind,
            packet,
            payload: read,
          } = decode(Buffer.concat([ethernetFrame(inner, { vlans }), padding]))

          expect(kind).toBe('tcp')
          expect(read.equals(payload)).toBe(true)
          expect(packet).toMatchObject({
            sourcePort: from,
            destinationPort: to,
            sequence: sequence | 0,
            acknowledgement: acknowledgement | 0,
            flags: 0x10,
            missing: 0,
          })
          const start = ip === V4 ? 20 : 40
          const sum = addWords(
            addWords(6 + inner.length - start, ip.source, 0, ip.source.length),
            ip.destination,
            0,
            ip.destination.length,
          )
          expect(finish(addWords(sum, inner, start, inner.length))).toBe(0)
        },
      ),
    )
  })

  test('UDP, with and without a checksum', () => {
    const ports = { sourcePort: 5, destinationPort: 4789 }

    expect(udpPacket(V4, { ...ports, checksum: false }, PAYLOAD).readUInt16BE(26)).toBe(0)
    expect(udpPacket(V4, ports, PAYLOAD).readUInt16BE(26)).not.toBe(0)
    expect(decode(ethernetFrame(udpPacket(V6, ports, PAYLOAD)))).toMatchObject({
      kind: 'udp',
      payload: PAYLOAD,
    })
  })

  test('IPv4 options are stepped over', () => {
    const packet = Buffer.alloc(20 + 8 + 20)
    const options = Buffer.from([1, 1, 1, 1, 1, 1, 1, 0])
    ipv4.emit(packet, 0, { ...V4, protocol: 6, options }, 20)
    packet[28 + 12] = 0x50

    expect(decode(ethernetFrame(packet)).kind).toBe('tcp')
  })

  test('IPv6 extension headers are stepped over', () => {
    const plain = tcpPacket(V6, TCP, PAYLOAD)
    const hopByHop = Buffer.from([43, 0, 1, 4, 0, 0, 0, 0])
    const routing = Buffer.from([44, 1, 0, 0, ...new Array(12).fill(0)])
    const atomic = Buffer.from([60, 0, 0, 0, 0, 0, 0, 9])
    const options = Buffer.from([51, 0, 1, 4, 0, 0, 0, 0])
    const authentication = Buffer.from([6, 4, ...new Array(22).fill(0)])
    const extensions = Buffer.concat([hopByHop, routing, atomic, options, authentication])
    const packet = Buffer.concat([plain.subarray(0, 40), extensions, plain.subarray(40)])
    packet.writeUInt16BE(plain.length - 40 + extensions.length, 4)
    packet[6] = 0

    expect(decode(ethernetFrame(packet))).toMatchObject({ kind: 'tcp', payload: PAYLOAD })
  })

  test('a packet cut by the capture says how much is missing', () => {
    const frame = ethernetFrame(tcpPacket(V4, TCP, PAYLOAD))

    expect(decode(frame.subarray(0, frame.length - 3))).toMatchObject({ kind: 'tcp', packet: { missing: 3 } })
    for (let length = 0; length < 54; length++) expect(decode(frame.subarray(0, length)).kind).toBe('cut')
  })

  test.each([
    ['ARP', ethernetFrame(Buffer.alloc(28), {}, 0x0806), 'not_ip'],
    ['ICMP', ethernetFrame(changed(tcpPacket(V4, TCP), 9, 1)), 'other_transport'],
    ['a header length of 4', ethernetFrame(changed(tcpPacket(V4, TCP), 0, 0x41)), 'malformed'],
    [
      'a TCP header longer than the packet',
      ethernetFrame(changed(tcpPacket(V4, TCP), 32, 0xf0)),
      'malformed',
    ],
    ['a total length shorter than the header', ethernetFrame(changed(tcpPacket(V4, TCP), 3, 5)), 'malformed'],
    ['version 5', ethernetFrame(changed(tcpPacket(V4, TCP), 0, 0x55), {}, 0x0800), 'malformed'],
  ])('%s is counted as what it is', (_, frame, kind) => {
    expect(decode(frame).kind).toBe(kind)
  })

  test('a total length of zero is what offload leaves', () => {
    const packet = tcpPacket(V4, TCP, PAYLOAD)
    packet.writeUInt16BE(0, 2)

    expect(decode(ethernetFrame(packet))).toMatchObject({ kind: 'tcp', payload: PAYLOAD })
  })
})

function changed(packet: Buffer, at: number, value: number): Buffer {
  packet[at] = value
  return packet
}

describe('IP fragments', () => {
  test('in any order and duplicated they give the packet once', () => {
    fc.assert(
      fc.property(bytes(300), fc.integer({ min: 8, max: 64 }), fc.integer(), (payload, size, seed) => {
        const pieces = fragmentIpv4(tcpPacket({ ...V4, identification: 77 }, TCP, payload), size).map(
          (p) => ({ frame: ethernetFrame(p) }),
        )
        const { delivered } = injectFaults(pieces, { reorder: pieces.length, duplicate: 0 }, seeded(seed))
        const fragments = new Fragments()

        const read = [...delivered, ...delivered.slice(1, 2)].map(({ frame }) => decode(frame, fragments))

        expect(read.filter(({ kind }) => kind === 'tcp').map((r) => r.payload.equals(payload))).toEqual([
          true,
        ])
      }),
    )
  })

  test('IPv6', () => {
    const plain = tcpPacket(V6, TCP, Buffer.alloc(100, 'x'))
    const body = plain.subarray(40)
    const piece = (from: number, to: number, more: number): Buffer => {
      const packet = Buffer.concat([
        plain.subarray(0, 40),
        Buffer.from([6, 0, 0, 0, 0, 0, 0, 9]),
        body.subarray(from, to),
      ])
      packet[6] = 44
      packet.writeUInt16BE(from | more, 42)
      packet.writeUInt16BE(packet.length - 40, 4)
      return ethernetFrame(packet)
    }
    const fragments = new Fragments()

    expect(decode(piece(64, body.length, 0), fragments).kind).toBe('fragment')
    expect(decode(piece(0, 64, 1), fragments)).toMatchObject({ kind: 'tcp', payload: Buffer.alloc(100, 'x') })
  })

  test('an overlap gives the packet up, a lost one expires', () => {
    const [a, b] = fragmentIpv4(tcpPacket(V4, TCP, Buffer.alloc(60)), 40).map((p) => ethernetFrame(p)) as [
      Buffer,
      Buffer,
    ]
    const overlapping = Buffer.from(b)
    overlapping.writeUInt16BE(3, 20)
    const fragments = new Fragments()

    expect([a, overlapping, b].map((f) => decode(f, fragments).kind)).toEqual([
      'fragment',
      'fragment_dropped',
      'fragment_dropped',
    ])
    const packet = new Packet()
    expect(decodeFrame(packet, fragments, a, 0, a.length, 40_000)).toBe('fragment')
    expect(fragments.expired).toBe(1)
  })
})

describe('addresses', () => {
  test('text and bytes', () => {
    const cases = [
      '::',
      '::1',
      '2001:db8::1',
      '1::8:0:0:1',
      '1:2:3:4:5:6:7:8',
      'fe80::1:2',
      '1:0:2:3:4:5:6:7',
    ]
    for (const text of cases) {
      const b = Buffer.from(parseAddress(text))
      expect(formatIpv6(b.readInt32BE(0), b.readInt32BE(4), b.readInt32BE(8), b.readInt32BE(12))).toBe(text)
    }
    expect(formatIpv4(Buffer.from(parseAddress('192.0.2.255')).readInt32BE(0))).toBe('192.0.2.255')
    expect(Buffer.from(parseAddress('::ffff:1.2.3.4')).toString('hex')).toBe(
      '00000000000000000000ffff01020304',
    )
    expect(() => parseAddress('example')).toThrow(TypeError)
  })
})
