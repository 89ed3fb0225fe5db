import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MirroredRule } from '../../../local/aws/mirroring-snapshot.ts'
import { type Flow, TCP, UDP } from '../../../local/tap/flow.ts'
import { toAddress, toNumber } from '../../../local/tap/ipv4.ts'
import { accepts, compileRules } from '../../../local/tap/mirror-filter.ts'

const rule = (changes: Partial<MirroredRule> = {}): MirroredRule => ({
  id: 'tmfr-00000000000000001',
  number: 1,
  action: 'accept',
  protocol: TCP,
  sourceCidr: '0.0.0.0/0',
  destinationCidr: '0.0.0.0/0',
  sourcePorts: null,
  destinationPorts: null,
  ...changes,
})

const flow = (changes: Partial<Flow> = {}): Flow => ({
  protocol: TCP,
  source: toNumber('10.0.0.7'),
  destination: toNumber('10.0.1.10'),
  sourcePort: 40_000,
  destinationPort: 8080,
  ...changes,
})

describe('a mirror filter', () => {
  test.each<[string, Partial<MirroredRule>[], Partial<Flow>, boolean]>([
    ['mirrors nothing without rules', [], {}, false],
    ['mirrors what a rule accepts', [{}], {}, true],
    ['does not mirror what no rule matches', [{ protocol: UDP }], {}, false],
    ['takes any protocol where the rule names none', [{ protocol: null }], { protocol: 1 }, true],
    ['looks at the destination port', [{ destinationPorts: [8080, 8080] }], {}, true],
    ['takes the lowest port of a range', [{ destinationPorts: [8080, 8090] }], {}, true],
    ['takes the highest port of a range', [{ destinationPorts: [8000, 8080] }], {}, true],
    ['leaves out the next port', [{ destinationPorts: [8081, 9000] }], {}, false],
    ['looks at the source port', [{ sourcePorts: [40_000, 40_000] }], {}, true],
    ['keeps source and destination port apart', [{ sourcePorts: [8080, 8080] }], {}, false],
    [
      'has no port match for a protocol without ports',
      [{ protocol: null, destinationPorts: [0, 65_535] }],
      { protocol: 1, destinationPort: 0 },
      false,
    ],
    ['looks at the source range', [{ sourceCidr: '10.0.0.0/24' }], {}, true],
    ['leaves out what is beside the source range', [{ sourceCidr: '10.0.2.0/24' }], {}, false],
    ['looks at the destination range', [{ destinationCidr: '10.0.1.10/32' }], {}, true],
    ['leaves out what is beside the destination range', [{ destinationCidr: '10.0.1.11/32' }], {}, false],
    ['has no IPv4 packet in an IPv6 range', [{ sourceCidr: '::/0', destinationCidr: '::/0' }], {}, false],
    ['lets the first match decide: reject', [{ number: 1, action: 'reject' }, { number: 2 }], {}, false],
    ['lets the first match decide: accept', [{ number: 1 }, { number: 2, action: 'reject' }], {}, true],
    ['goes by number, not by place', [{ number: 200 }, { number: 100, action: 'reject' }], {}, false],
    [
      'passes over rejects that do not match',
      [{ number: 1, action: 'reject', sourceCidr: '10.0.2.0/24' }, { number: 2 }],
      {},
      true,
    ],
  ])('%s', (_, rules, packet, expected) => {
    const compiled = compileRules(rules.map(rule))

    const mirrored = accepts(compiled, flow(packet))

    expect(mirrored).toBe(expected)
  })

  test('has an address in a block exactly when its first bits are those of the block', () => {
    const address = fc.integer({ min: 0, max: 0xffffffff })
    const bits = (n: number) => n.toString(2).padStart(32, '0')
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (block, source, length) => {
        const compiled = compileRules([rule({ sourceCidr: `${toAddress(block)}/${length}` })])

        expect(accepts(compiled, flow({ source }))).toBe(
          bits(block).slice(0, length) === bits(source).slice(0, length),
        )
      }),
    )
  })

  test('answers as its highest-priority matching rule alone would', () => {
    const rules = fc.uniqueArray(
      fc.record({
        number: fc.integer({ min: 1, max: 50 }),
        action: fc.constantFrom('accept' as const, 'reject' as const),
        protocol: fc.constantFrom(null, TCP, UDP),
        destinationPorts: fc.constantFrom(null, [80, 90] as const, [8000, 8080] as const),
      }),
      { selector: ({ number }) => number, maxLength: 10 },
    )
    const packet = fc.record({
      protocol: fc.constantFrom(TCP, UDP, 1),
      destinationPort: fc.constantFrom(80, 85, 8080, 9),
    })
    fc.assert(
      fc.property(rules, packet, (list, changes) => {
        const alone = [...list]
          .sort((a, b) => a.number - b.number)
          .find((one) => accepts(compileRules([rule({ ...one, action: 'accept' })]), flow(changes)))

        expect(accepts(compileRules(list.map(rule)), flow(changes))).toBe(alone?.action === 'accept')
      }),
    )
  })
})
