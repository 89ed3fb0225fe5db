import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contains, parseCidr } from '../../../contract/cidr.ts'
import { type MatchRule, takes } from '../../../functions/experiments/starvation.ts'

const cidr = fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '192.168.0.0/16')
const ports = fc.option(
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(3)).map(([from, width]) => ({ from, to: from + width })),
)
const rule: fc.Arbitrary<MatchRule> = fc.record({
  number: fc.integer({ min: 1, max: 9 }),
  direction: fc.constantFrom('ingress', 'egress'),
  action: fc.constantFrom('accept', 'reject'),
  protocol: fc.constantFrom(6, 17, null),
  sourceCidr: cidr,
  destinationCidr: cidr,
  sourcePorts: ports,
  destinationPorts: ports,
})
const wantedRule = rule.map((one) => ({ ...one, action: 'accept' as const, protocol: 6 }))
/** No two rules of a filter and direction have the same number. */
const filter = fc.uniqueArray(rule, { maxLength: 5, selector: ({ direction, number }) => direction + number })

const addresses = ['10.1.2.3', '10.1.9.9', '10.9.9.9', '192.168.7.7', '8.8.8.8']
const packets = (['ingress', 'egress'] as const).flatMap((direction) =>
  addresses.flatMap((from) =>
    addresses.flatMap((to) =>
      [1, 4, 8, 11].flatMap((sourcePort) =>
        [1, 4, 8, 11].map((port) => ({ direction, from, to, sourcePort, port })),
      ),
    ),
  ),
)
type Packet = (typeof packets)[number]

/** First match wins (traffic mirroring guide): what AWS does, packet by packet. */
const accepts = (rules: readonly MatchRule[], packet: Packet): boolean => {
  const holds = (block: string, address: string) => contains(parseCidr(block), parseCidr(`${address}/32`))
  const within = (range: MatchRule['sourcePorts'], port: number) =>
    range === null || (range.from <= port && port <= range.to)
  const first = [...rules]
    .sort((a, b) => a.number - b.number)
    .find(
      (one) =>
        one.direction === packet.direction &&
        (one.protocol === null || one.protocol === 6) &&
        holds(one.sourceCidr, packet.from) &&
        holds(one.destinationCidr, packet.to) &&
        within(one.sourcePorts, packet.sourcePort) &&
        within(one.destinationPorts, packet.port),
    )
  return first?.action === 'accept'
}

test('nothing and everything are never said of packets that it does not hold for', () => {
  fc.assert(
    fc.property(filter, fc.array(wantedRule, { minLength: 1, maxLength: 2 }), (theirs, wanted) => {
      const taking = takes(theirs, wanted)
      const mine = packets.filter((packet) => wanted.some((one) => accepts([one], packet)))
      const taken = mine.filter((packet) => accepts(theirs, packet))

      if (taking === 'nothing') expect(taken).toEqual([])
      if (taking === 'everything') expect(taken).toHaveLength(mine.length)
    }),
  )
})

describe('a filter', () => {
  const wanted = { direction: 'ingress', action: 'accept', protocol: 6, number: 1 } as const
  const any = { sourceCidr: '0.0.0.0/0', destinationCidr: '0.0.0.0/0', sourcePorts: null }
  const ours: MatchRule = { ...wanted, ...any, destinationPorts: { from: 8080, to: 8080 } }

  test('that accepts all takes everything', () => {
    expect(takes([{ ...ours, protocol: null, destinationPorts: null }], [ours])).toBe('everything')
  })

  test('that rejects a part first takes some', () => {
    const reject: MatchRule = { ...ours, action: 'reject', sourceCidr: '10.0.0.0/8' }
    expect(takes([reject, { ...ours, number: 2 }], [ours])).toBe('some')
  })

  test('of another port, direction or protocol takes nothing', () => {
    expect(takes([{ ...ours, destinationPorts: { from: 22, to: 22 } }], [ours])).toBe('nothing')
    expect(takes([{ ...ours, direction: 'egress' }], [ours])).toBe('nothing')
    expect(takes([{ ...ours, protocol: 17, destinationPorts: null }], [ours])).toBe('nothing')
    expect(takes([], [ours])).toBe('nothing')
  })

  test('that cannot be seen is unknown', () => {
    expect(takes(null, [ours])).toBe('unknown')
  })
})
