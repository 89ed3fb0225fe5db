import { describe, expect, it } from 'vitest'
import { addWords, finish } from '../../data-plane/wire/checksum.ts'
import { Traffic, type TrafficKind } from '../support/vxlan-sender-traffic.ts'

const CONNECTIONS = 3
const ROUNDS = 4

/** What a datagram of the generator says, its TCP checksum checked by summing everything anew. */
const read = (datagram: Buffer) => {
  const packet = datagram.subarray(22)
  const segment = packet.subarray(20)
  let sum = 6 + segment.length
  sum = addWords(sum, packet, 12, 20)
  sum = addWords(sum, segment, 0, segment.length)
  return {
    client: packet.readUInt32BE(12),
    port: segment.readUInt16BE(0),
    sequence: segment.readUInt32BE(4),
    acknowledgement: segment.readUInt32BE(8),
    flags: segment[13] as number,
    text: segment.subarray(20).toString('latin1'),
    isValid: finish(sum) === 0,
  }
}

/** All packets of some rounds, by connection in the order of sending. */
const sent = (kind: TrafficKind) => {
  const traffic = new Traffic({ kind, vni: 9, connections: CONNECTIONS, seed: 5 })
  const { memory, offsets, lengths } = traffic.table
  const connections = Array.from({ length: CONNECTIONS }, (_, c) => traffic.opening(c).map(read))
  for (let number = 0; number < CONNECTIONS * ROUNDS; number++) {
    const c = number % CONNECTIONS
    traffic.next(c, number)
    for (let p = 0; p < traffic.packetsPerExchange; p++) {
      const i = c * traffic.packetsPerExchange + p
      const at = offsets[i] as number
      connections[c]?.push(read(memory.subarray(at, at + (lengths[i] as number))))
    }
  }
  return connections
}

describe('the traffic generator', () => {
  it.each(['get', 'post', 'paired', 'short'] as const)('builds packets with right checksums: %s', (kind) => {
    const packets = sent(kind).flat()

    expect(packets.filter((packet) => !packet.isValid)).toEqual([])
  })

  it('goes on where the last packet of each side ended', () => {
    for (const packets of sent('paired')) {
      const next = new Map<boolean, number>()
      for (const { port, sequence, acknowledgement, flags, text } of packets) {
        const fromServer = port === 8080
        const expected = next.get(fromServer)

        if (expected !== undefined) expect(sequence).toBe(expected)
        if ((flags & 0x10) !== 0) expect(acknowledgement).toBe(next.get(!fromServer))

        next.set(fromServer, (sequence + text.length + (flags & 3 ? 1 : 0)) >>> 0)
      }
    }
  })

  it('numbers every request', () => {
    const heads = sent('post')
      .flat()
      .flatMap(({ text }) => text.match(/^POST \/buy\/(\d{8}) /)?.[1] ?? [])

    expect(heads.map(Number).sort((a, b) => a - b)).toEqual([...Array(CONNECTIONS * ROUNDS).keys()])
  })

  it('opens a connection of its own for every short one', () => {
    const packets = sent('short').flat()
    const opened = packets.filter(({ flags }) => flags === 2)

    expect(new Set(opened.map(({ client, port }) => `${client}:${port}`)).size).toBe(CONNECTIONS * ROUNDS)
    expect(new Set(opened.map(({ sequence }) => sequence)).size).toBe(CONNECTIONS * ROUNDS)
    expect(packets.filter(({ flags }) => (flags & 1) !== 0)).toHaveLength(CONNECTIONS * ROUNDS)
  })

  it('sends GETs of 360 bytes', () => {
    const requests = sent('get').flatMap((packets) => packets.filter(({ text }) => text !== ''))

    expect(new Set(requests.map(({ text }) => text.length))).toEqual(new Set([360]))
  })
})
