import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addUsd, fromMicros, toMicros } from '../../../contract/money.ts'
import {
  ceilingOf,
  claimOf,
  heldAtEnd,
  lowestCeiling,
  monthOf,
  monthsBetween,
  spentIn,
} from '../../../functions/cost/month.ts'

const usd = fc.integer({ min: 0, max: 1e9 }).map(fromMicros)
const anyTime = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })

describe('the months of a time span', () => {
  it('are all it touches, each once, in UTC', () => {
    expect(monthsBetween(new Date('2026-11-30T23:59:59.999Z'), new Date('2026-12-01T00:00:00Z'))).toEqual([
      '2026-11',
      '2026-12',
    ])
    fc.assert(
      fc.property(anyTime, fc.integer({ min: 0, max: 400 * 86_400_000 }), (from, length) => {
        const to = new Date(from.getTime() + length)
        const months = monthsBetween(from, to)

        expect(months[0]).toBe(monthOf(from))
        expect(months.at(-1)).toBe(monthOf(to))
        expect(new Set(months).size).toBe(months.length)
        expect(months.toSorted()).toEqual(months)
      }),
    )
  })
})

describe('the ceiling that a month sets', () => {
  it('lets the experiment spend what the others leave, to the micro-dollar, and no more', () => {
    fc.assert(
      fc.property(usd, usd, usd, usd, (budgetUsd, othersUsd, beforeUsd, more) => {
        const ceiling = ceilingOf({ month: '2026-11', budgetUsd, othersUsd, beforeUsd })
        const spentUsd = Math.min(ceiling, addUsd(beforeUsd, more))
        fc.pre(othersUsd <= budgetUsd && spentUsd >= beforeUsd)

        expect(addUsd(spentIn({ beforeUsd, spentUsd, heldUsd: 0 }), othersUsd)).toBeLessThanOrEqual(budgetUsd)
        expect(toMicros(ceiling)).toBe(toMicros(budgetUsd) - toMicros(othersUsd) + toMicros(beforeUsd))
      }),
    )
  })

  it('is the lowest of all limits, and names the one that it is', () => {
    const month = { month: '2026-11', budgetUsd: 100, othersUsd: 95, beforeUsd: 1 }

    expect(lowestCeiling(5, [month], 'checkout')).toEqual({ usd: 5, name: 'the budget of $5.00' })
    expect(lowestCeiling(25, [month], 'checkout')).toEqual({
      usd: 6,
      name: 'the $6.00 that the budget of checkout for 2026-11 ($100.00) leaves it',
    })
    expect(lowestCeiling(25, [{ ...month, othersUsd: 200 }], 'checkout').usd).toBe(0)
  })
})

describe('what an experiment holds', () => {
  it('when it must end is never more than it was granted', () => {
    fc.assert(
      fc.property(usd, usd, usd, usd, (beforeUsd, grew, held, more) => {
        const granted = { beforeUsd, spentUsd: addUsd(beforeUsd, grew), heldUsd: held }
        const spentUsd = addUsd(granted.spentUsd, Math.min(held, more))
        const after = { beforeUsd, spentUsd, heldUsd: heldAtEnd(granted, spentUsd) }

        expect(claimOf(after)).toBe(claimOf(granted))
        expect(heldAtEnd(undefined, spentUsd)).toBe(0)
      }),
    )
  })

  it('in all months together is what it cost in all', () => {
    fc.assert(
      fc.property(fc.array(usd, { minLength: 1, maxLength: 13 }), (growth) => {
        let total = 0
        const shares = growth.map((grew) => {
          const beforeUsd = total
          total = addUsd(total, grew)
          return { beforeUsd, spentUsd: total, heldUsd: 0 }
        })

        expect(addUsd(...shares.map(spentIn))).toBe(total)
      }),
    )
  })
})
