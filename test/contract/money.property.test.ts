import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addUsd, fromMicros, owed, toMicros } from '../../contract/money.ts'

const micros = fc.integer({ min: 0, max: 1e11 })

describe('dollars', () => {
  it('are whole micro-dollars that survive being dollars', () => {
    fc.assert(
      fc.property(micros, (one) => {
        expect(toMicros(fromMicros(one))).toBe(one)
      }),
    )
  })

  it('add up to the same in any order', () => {
    fc.assert(
      fc.property(fc.array(micros, { maxLength: 30 }), (amounts) => {
        const sum = amounts.reduce((all, one) => all + one, 0)

        expect(toMicros(addUsd(...amounts.map(fromMicros)))).toBe(sum)
        expect(addUsd(...amounts.map(fromMicros).reverse())).toBe(addUsd(...amounts.map(fromMicros)))
      }),
    )
  })

  it('are owed by the begun micro-dollar: never less than the product, never a micro-dollar more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 1e8 }), (quantity, price) => {
        // Prices of a billionth of a dollar, exact as integers.
        const exact = BigInt(quantity) * BigInt(price)
        fc.pre(exact < 10n ** 20n)
        const found = BigInt(toMicros(owed(quantity, price / 1e9)))

        expect(found * 1000n).toBeGreaterThanOrEqual(exact - exact / 10n ** 11n - 1n)
        expect(found * 1000n - exact).toBeLessThan(1000n)
      }),
    )
  })

  it.each([
    [3, 0.015, 0.045],
    [1, 0.2e-6, 0.000001],
    [5, 0.2e-6, 0.000001],
    [6, 0.2e-6, 0.000002],
    [0, 1, 0],
  ])('%d at $%d owe $%d', (quantity, price, usd) => {
    expect(owed(quantity, price)).toBe(usd)
  })
})
