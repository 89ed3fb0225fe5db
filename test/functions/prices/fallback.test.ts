import { describe, expect, it } from 'vitest'
import { Price } from '../../../contract/ledger.ts'
import { FALLBACK_DATE, fallbackPrices } from '../../../functions/prices/fallback.ts'
import { PRICE_KEYS, PRICE_UNITS } from '../../../functions/prices/table.ts'

describe('fallback prices', () => {
  it('give every price its unit, source and date', () => {
    const table = fallbackPrices('us-east-1')

    for (const key of PRICE_KEYS) {
      const price = Price.parse(table.prices[key])
      expect(price).toMatchObject({ unit: PRICE_UNITS[key], source: 'fallback', date: FALLBACK_DATE })
      expect(price.usd).toBeGreaterThan(0)
    }
  })

  it('are AWS’s us-east-1 prices', () => {
    const { prices } = fallbackPrices('us-east-1')

    expect(prices['mirror-session-hour'].usd).toBe(0.015)
    expect(prices['nlb-hour'].usd).toBe(0.0225)
    expect(prices['nlcu-hour'].usd).toBe(0.006)
    expect(prices['fargate-vcpu-hour'].usd).toBe(0.03238)
    expect(prices['cross-az-gb'].usd).toBe(0.01)
    expect(prices['dynamodb-write'].usd * 1e6).toBeCloseTo(0.625)
  })

  it('say when they are another Region’s', () => {
    expect(fallbackPrices('us-east-1').from).toBe('Shadowmeter’s own table of us-east-1 prices, 2026-10-04')
    expect(fallbackPrices('sa-east-1').from).toContain(
      'the prices of sa-east-1 are not in it and may be higher',
    )
  })
})
