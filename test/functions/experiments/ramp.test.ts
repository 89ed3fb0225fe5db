import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ramp } from '../../../contract/ramp.ts'
import { inOrder, reach } from '../../../functions/experiments/stages.ts'

const anyFleet = fc.uniqueArray(
  fc.record({ eni: fc.string({ minLength: 1 }), availabilityZone: fc.constantFrom('a', 'b', 'c') }),
  { selector: ({ eni }) => eni, maxLength: 40 },
)

describe('the order in which a ramp takes sources', () => {
  it('has each once, and does not depend on how they were found', () => {
    fc.assert(
      fc.property(anyFleet, (fleet) => {
        const order = inOrder(fleet)

        expect(order).toEqual(inOrder([...fleet].reverse()))
        expect(new Set(order)).toEqual(new Set(fleet))
      }),
    )
  })

  it('takes none of a zone twice before every zone that has more had its turn', () => {
    fc.assert(
      fc.property(anyFleet, fc.nat(40), (fleet, count) => {
        const taken = inOrder(fleet).slice(0, count)
        const of = (from: typeof fleet, zone: string) =>
          from.filter(({ availabilityZone }) => availabilityZone === zone).length

        for (const zone of ['a', 'b', 'c'])
          for (const other of ['a', 'b', 'c'])
            if (of(taken, other) < of(fleet, other))
              expect(of(taken, zone)).toBeLessThanOrEqual(of(taken, other) + 1)
      }),
    )
  })

  it.each([
    [9, 1, 1],
    [9, 11, 1],
    [9, 12, 2],
    [2, 50, 1],
    [3, 100, 3],
    [0, 50, 0],
  ])('of %d sources, %d %% is %d', (candidates, percent, count) => {
    expect(reach(candidates, percent)).toBe(count)
  })
})

describe('a ramp in a spec', () => {
  it.each([
    [{ stages: [] }, 'stages'],
    [{ stages: [{ sources: 0, seconds: 60 }, { sources: 100 }] }, 'stages.0.sources'],
    [{ stages: [{ sources: 50, seconds: 60 }, { sources: 10 }] }, 'stages.1.sources'],
    [{ stages: [{ sources: 50 }, { sources: 100 }] }, 'stages.0.seconds'],
  ])('%j is refused, and the field named', (ramp, field) => {
    const { error } = Ramp.safeParse(ramp)

    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field])
  })

  it('may let the share of requests fall, since that opens no session-hour', () => {
    expect(
      Ramp.safeParse({
        stages: [
          { sources: 10, requests: 100, seconds: 60 },
          { sources: 100, requests: 10 },
        ],
      }).success,
    ).toBe(true)
  })
})
