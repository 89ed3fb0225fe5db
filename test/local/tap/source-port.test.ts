import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Flow, reversed, TCP } from '../../../local/tap/flow.ts'
import { outerSourcePort } from '../../../local/tap/source-port.ts'

const ports = { symmetric: true, min: 65_408, max: 65_535 }

const address = fc.integer({ min: 0, max: 0xffffffff })
const port = fc.integer({ min: 0, max: 65_535 })
const flows: fc.Arbitrary<Flow> = fc.record({
  protocol: fc.constantFrom(TCP, 17, 1),
  source: address,
  destination: address,
  sourcePort: port,
  destinationPort: port,
})

describe('the outer source port', () => {
  test('is one of 128, the same for both directions of a flow', () => {
    fc.assert(
      fc.property(flows, (flow) => {
        const there = outerSourcePort(flow, ports)

        expect(there).toBeGreaterThanOrEqual(65_408)
        expect(there).toBeLessThanOrEqual(65_535)
        expect(outerSourcePort(reversed(flow), ports)).toBe(there)
      }),
    )
  })

  test('spreads the connections of one client over all of them', () => {
    const used = new Set<number>()
    for (let sourcePort = 32_768; sourcePort < 34_768; sourcePort++)
      used.add(
        outerSourcePort(
          { protocol: TCP, source: 1, destination: 2, sourcePort, destinationPort: 8080 },
          ports,
        ),
      )

    expect(used.size).toBe(128)
  })

  test('differs between directions when that is how AWS does it', () => {
    const flow = { protocol: TCP, source: 1, destination: 2, sourcePort: 40_000, destinationPort: 8080 }
    const oneWay = { ...ports, symmetric: false }

    expect(outerSourcePort(reversed(flow), oneWay)).not.toBe(outerSourcePort(flow, oneWay))
  })

  test('does not look at ports where there are none', () => {
    const flow = { protocol: 1, source: 1, destination: 2, sourcePort: 1, destinationPort: 2 }

    expect(outerSourcePort({ ...flow, sourcePort: 9 }, ports)).toBe(outerSourcePort(flow, ports))
  })
})
