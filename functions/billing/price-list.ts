import { GetProductsCommand, type PricingClient } from '@aws-sdk/client-pricing'
import { fallbackPrices } from '../prices/fallback.ts'
import { type PriceQuery, priceQueries, pricesIn, priceTable } from '../prices/price-list.ts'
import type { PriceKey, PriceTable } from '../prices/table.ts'

/**
 * The Price List has endpoints in three Regions of the standard partition, each with the prices of all
 * (https://docs.aws.amazon.com/general/latest/gr/billing.html).
 */
export const pricingRegion = (region: string): string => {
  if (region.startsWith('cn-')) return 'cn-northwest-1'
  if (region.startsWith('ap-')) return 'ap-south-1'
  return /^(eu|me|af|il)-/.test(region) ? 'eu-central-1' : 'us-east-1'
}

/** A query that matches more than this is not ours. */
const PAGES_MAX = 20

/** Reads all prices of a Region. @throws when the Price List cannot be read at all; a price it lacks is the shipped one */
export const readPriceList = async (
  pricing: PricingClient,
  region: string,
  date: string,
): Promise<PriceTable> => {
  const shipped = fallbackPrices(region)
  const found: Partial<Record<PriceKey, number>> = {}
  for (const query of priceQueries(region))
    Object.assign(found, pricesIn(query, await productsOf(pricing, query), shipped))
  return priceTable(region, found, date)
}

const productsOf = async (
  pricing: PricingClient,
  { serviceCode, filters }: PriceQuery,
): Promise<string[]> => {
  const products: string[] = []
  let token: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const { PriceList = [], NextToken } = await pricing.send(
      new GetProductsCommand({
        ServiceCode: serviceCode,
        Filters: filters.map(({ type, field, value }) => ({ Type: type, Field: field, Value: value })),
        FormatVersion: 'aws_v1',
        MaxResults: 100,
        ...(token !== undefined && { NextToken: token }),
      }),
    )
    products.push(...PriceList.map(String))
    if (NextToken === undefined || NextToken === '') return products
    token = NextToken
  }
  throw new Error(`${serviceCode} has more than ${PAGES_MAX} pages of what was asked for`)
}
