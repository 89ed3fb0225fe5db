import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Pipeline } from '../../../data-plane/pipeline.ts'
import { parseAddress } from '../../../data-plane/wire/address.ts'
import {
  ethernetFrame,
  fragmentIpv4,
  genevePayload,
  tcpPacket,
  udpPacket,
  vxlanPayload,
} from '../../../data-plane/wire/emit.ts'
import * as geneve from '../../../data-plane/wire/geneve.ts'
import { type GeneveKind, GeneveTunnel } from '../../../data-plane/wire/geneve-tunnel.ts'
import { Conversation } from '../../support/conversation.ts'

const ENI = { source: parseAddress('10.0.0.7'), destination: parseAddress('10.0.9.9') }
const ENI6 = { source: parseAddress('fd00::7'), destination: parseAddress('fd00::9') }
const PORTS = { sourcePort: 65_500, destinationPort: 4789, checksum: false }
const VXLAN = vxlanPayload(
  77,
  ethernetFrame(tcpPacket(ENI, { sourcePort: 1, destinationPort: 2, sequence: 3, flags: 0 })),
)
/** Endpoint, attachment and flow cookie, as a Gateway Load Balancer adds them. */
const OPTIONS = [
  { class: 0x0108, type: 1, data: Buffer.alloc(8, 1) },
  { class: 0x0108, type: 2, data: Buffer.alloc(8, 2) },
  { class: 0x0108, type: 0x83, data: Buffer.alloc(4, 3) },
]
const mirrored = (ip: typeof ENI, payload: Uint8Array = VXLAN): Buffer => udpPacket(ip, PORTS, payload)

function unwrap(
  payload: Buffer,
  tunnel = new GeneveTunnel(),
): { kind: GeneveKind; inside: Buffer; source: number } {
  // Not at the start of its buffer, as in a receive ring.
  const ring = Buffer.concat([Buffer.alloc(5, 0xff), payload, Buffer.alloc(5, 0xff)])
  const kind = tunnel.unwrap(ring, 5, payload.length, 0)
  const { buffer, start, end } = tunnel.payload
  return { kind, inside: buffer.subarray(start, end), source: tunnel.source }
}

describe('GENEVE', () => {
  test.each([
    ['IPv4', ENI, 0x0a000007],
    ['IPv6', ENI6, -1],
  ])('gives the VXLAN datagram inside %s and who sent it', (_, ip, source) => {
    const { kind, inside, source: from } = unwrap(genevePayload(mirrored(ip), OPTIONS))

    expect(kind).toBe('vxlan')
    expect(inside.equals(VXLAN)).toBe(true)
    expect(from).toBe(source)
  })

  test('an emitted header has these bytes', () => {
    const payload = genevePayload(mirrored(ENI), OPTIONS.slice(2))

    expect(payload.toString('hex', 0, 16)).toBe('02000800000000000108830103030303')
  })

  test('an Ethernet frame inside', () => {
    const payload = genevePayload(mirrored(ENI))
    const framed = Buffer.concat([payload.subarray(0, 8), ethernetFrame(mirrored(ENI))])
    framed.writeUInt16BE(geneve.TYPE_ETHERNET, 2)

    expect(unwrap(framed).kind).toBe('vxlan')
  })

  test('fragments inside are put together', () => {
    const tunnel = new GeneveTunnel()

    const seen = fragmentIpv4(mirrored(ENI), 40).map((piece) => unwrap(genevePayload(piece, OPTIONS), tunnel))

    expect(seen.map(({ kind }) => kind)).toEqual(['geneve_fragment', 'vxlan'])
    expect(seen[1]?.inside.equals(VXLAN)).toBe(true)
  })

  const control = genevePayload(mirrored(ENI))
  control[1] = 0x80
  const version = genevePayload(mirrored(ENI))
  version[0] = 0x40
  const long = genevePayload(mirrored(ENI)).subarray(0, 12)
  long[0] = 0x3f
  const arp = genevePayload(mirrored(ENI))
  arp.writeUInt16BE(0x0806, 2)
  test.each<[string, Buffer, GeneveKind]>([
    ['nothing', Buffer.alloc(0), 'not_geneve'],
    ['four bytes', Buffer.alloc(4), 'not_geneve'],
    ['another version', version, 'not_geneve'],
    ['options longer than the datagram', long, 'not_geneve'],
    ['a control message', control, 'geneve_other'],
    ['no packet at all', genevePayload(mirrored(ENI)).subarray(0, 8), 'geneve_other'],
    ['another protocol', arp, 'geneve_other'],
    ['another port', genevePayload(udpPacket(ENI, { ...PORTS, destinationPort: 53 }, VXLAN)), 'geneve_other'],
    [
      'TCP',
      genevePayload(tcpPacket(ENI, { sourcePort: 1, destinationPort: 4789, sequence: 0, flags: 2 })),
      'geneve_other',
    ],
  ])('%s is counted as what it is', (_, payload, kind) => {
    expect(unwrap(payload).kind).toBe(kind)
  })

  test('any bytes are counted, none throw', () => {
    const pipeline = new Pipeline({ onRequest: () => {}, onExchange: () => {} })
    let count = 0
    const whole = genevePayload(mirrored(ENI), OPTIONS)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 5 }),
        fc.nat(whole.length),
        (flips, length) => {
          const bytes = Buffer.from(whole)
          for (const [at, value] of flips) bytes[at] = value
          pipeline.geneve(bytes, 0, length, 0)
          count++
        },
      ),
      { numRuns: 2000 },
    )

    expect(Object.values(pipeline.counters.datagrams).reduce((a, b) => a + b)).toBe(count)
  })

  test('a conversation through a Gateway Load Balancer is read, from its ENI only', () => {
    const c = new Conversation().open()
    c.say('client', 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
    c.say('server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    const seen: string[] = []
    const handler = { onRequest: () => {}, onExchange: () => void seen.push('exchange') }
    const pipeline = new Pipeline(handler, { admit: (vni, source) => vni === 77 && source === 0x0a000007 })

    for (const { frame } of c.finish().packets)
      for (const ip of [ENI, ENI6, { ...ENI, source: parseAddress('10.0.0.8') }]) {
        const payload = genevePayload(mirrored(ip, vxlanPayload(77, frame)), OPTIONS)
        pipeline.geneve(payload, 0, payload.length, 1000)
      }
    pipeline.close(1000)

    expect(seen).toEqual(['exchange'])
    expect(pipeline.counters.datagrams).toMatchObject({
      accepted: c.packets.length,
      refused: 2 * c.packets.length,
    })
  })
})
