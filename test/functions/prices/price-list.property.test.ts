import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fallbackPrices } from '../../../functions/prices/fallback.ts'
import { type PriceQuery, priceQueries, pricesIn, priceTable } from '../../../functions/prices/price-list.ts'
import { PRICE_KEYS, PriceTable } from '../../../functions/prices/table.ts'

const shipped = fallbackPrices('us-east-1')
const queryFor = (key: string): PriceQuery =>
  priceQueries('us-east-1').find(({ finds }) => finds.some((one) => one.key === key))!

const product = (attributes: Record<string, string>, ...usd: number[]): string =>
  JSON.stringify({
    product: { attributes },
    terms: {
      OnDemand: {
        a: {
          priceDimensions: Object.fromEntries(
            usd.map((one, n) => [n, { pricePerUnit: { USD: String(one) } }]),
          ),
        },
      },
    },
  })

describe('prices in what the Price List answers', () => {
  it('are the dearest tier of what fits', () => {
    const lambda = [
      product({ group: 'AWS-Lambda-Requests' }, 0, 0.2e-6, 0.1e-6),
      product({ group: 'AWS-Lambda-Duration' }, 0.0000166667, 0.000015),
      product({ group: 'AWS-Lambda-Edge-Requests' }, 0.6e-6),
    ]

    expect(pricesIn(queryFor('lambda-request'), lambda, shipped)).toEqual({
      'lambda-request': 0.2e-6,
      'lambda-gb-second': 0.0000166667,
    })
  })

  it('are of this Region alone where the query cannot say so', () => {
    const of = (fromRegionCode: string, usd: number) =>
      product({ fromRegionCode, usagetype: 'X-DataTransfer-Regional-Bytes' }, usd)

    expect(
      pricesIn(queryFor('cross-az-gb'), [of('eu-west-1', 0.02), of('us-east-1', 0.012)], shipped),
    ).toEqual({
      'cross-az-gb': 0.012,
    })
  })

  it('are left out when they are missing, in another unit, or no JSON at all', () => {
    const odd = ['', 'no JSON', '{}', '[1]', product({ usagetype: 'USE1-ENI-Mirror' }, 15)]

    expect(pricesIn(queryFor('mirror-session-hour'), odd, shipped)).toEqual({})
  })

  it('are never made up, whatever is answered', () => {
    const query = queryFor('nlb-hour')
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 5 }), (answered) => {
        expect(pricesIn(query, answered, shipped)).toEqual({})
      }),
    )
  })
})

describe('a table of a day', () => {
  it('has every price, each with the source and the date it really has', () => {
    fc.assert(
      fc.property(fc.subarray([...PRICE_KEYS]), (found) => {
        const usd = Object.fromEntries(found.map((key) => [key, 2 * shipped.prices[key].usd]))
        const table = PriceTable.parse(priceTable('us-east-1', usd, '2026-11-26'))

        for (const key of PRICE_KEYS) {
          const read = found.includes(key)
          expect(table.prices[key]).toMatchObject(
            read
              ? { usd: 2 * shipped.prices[key].usd, source: 'price-list', date: '2026-11-26' }
              : { usd: shipped.prices[key].usd, source: 'fallback', date: '2026-10-04' },
          )
          if (found.length > 0) expect(table.from.includes(key)).toBe(!read)
        }
      }),
    )
  })

  it('is the shipped one when nothing was found', () => {
    expect(priceTable('us-east-1', {}, '2026-11-26')).toEqual(shipped)
  })
})
