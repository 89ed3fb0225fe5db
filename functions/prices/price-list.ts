import * as z from 'zod'
import type { Price } from '../../contract/ledger.ts'
import { fallbackPrices } from './fallback.ts'
import { PRICE_KEYS, PRICE_UNITS, type PriceKey, type PriceTable } from './table.ts'

/** What is asked of the AWS Price List: one GetProducts, every page of it, answers for some prices. */
export type PriceQuery = Readonly<{
  serviceCode: string
  filters: readonly Readonly<{ type: 'TERM_MATCH' | 'CONTAINS'; field: string; value: string }>[]
  finds: readonly Readonly<{ key: PriceKey; isIt: (attributes: Attributes) => boolean }>[]
}>
type Attributes = Readonly<Record<string, string>>

/** Usage types begin with a short name of the Region, but in us-east-1 mostly with nothing. */
const used =
  (ending: string) =>
  ({ usagetype = '' }: Attributes): boolean =>
    usagetype === ending || usagetype.endsWith(`-${ending}`)
const inGroup =
  (name: string) =>
  ({ group }: Attributes): boolean =>
    group === name

/**
 * Service codes and attributes as the Price List has them
 * (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html). EventBridge Scheduler’s and
 * KMS’s are not known: their prices stay the shipped table’s.
 */
export const priceQueries = (region: string): readonly PriceQuery[] => {
  const here = { type: 'TERM_MATCH', field: 'regionCode', value: region } as const
  const family = (value: string) => ({ type: 'TERM_MATCH', field: 'productFamily', value }) as const
  return [
    {
      serviceCode: 'AmazonVPC',
      filters: [here, { type: 'CONTAINS', field: 'usagetype', value: 'ENI-Mirror' }],
      finds: [{ key: 'mirror-session-hour', isIt: () => true }],
    },
    {
      serviceCode: 'AWSELB',
      filters: [here, family('Load Balancer-Network')],
      finds: [
        { key: 'nlb-hour', isIt: used('LoadBalancerUsage') },
        { key: 'nlcu-hour', isIt: used('LCUUsage') },
      ],
    },
    {
      serviceCode: 'AmazonECS',
      filters: [here, family('Compute')],
      finds: [
        { key: 'fargate-vcpu-hour', isIt: used('Fargate-ARM-vCPU-Hours:perCPU') },
        { key: 'fargate-gb-hour', isIt: used('Fargate-ARM-GB-Hours') },
      ],
    },
    {
      serviceCode: 'AWSDataTransfer',
      filters: [{ type: 'TERM_MATCH', field: 'transferType', value: 'IntraRegion' }],
      finds: [
        {
          key: 'cross-az-gb',
          isIt: (of) =>
            (of.fromRegionCode ?? of.regionCode) === region && used('DataTransfer-Regional-Bytes')(of),
        },
      ],
    },
    {
      serviceCode: 'AWSLambda',
      filters: [here, family('Serverless')],
      finds: [
        { key: 'lambda-request', isIt: inGroup('AWS-Lambda-Requests') },
        { key: 'lambda-gb-second', isIt: inGroup('AWS-Lambda-Duration') },
      ],
    },
    {
      serviceCode: 'AmazonApiGateway',
      filters: [here, family('API Calls')],
      finds: [{ key: 'api-request', isIt: used('ApiGatewayHttpRequest') }],
    },
    {
      serviceCode: 'AmazonCloudWatch',
      filters: [here, { type: 'CONTAINS', field: 'usagetype', value: 'GMD-Metrics' }],
      finds: [{ key: 'cloudwatch-metric', isIt: () => true }],
    },
    {
      serviceCode: 'AmazonDynamoDB',
      filters: [here, family('Amazon DynamoDB PayPerRequest Throughput')],
      finds: [
        { key: 'dynamodb-read', isIt: inGroup('DDB-ReadUnits') },
        { key: 'dynamodb-write', isIt: inGroup('DDB-WriteUnits') },
      ],
    },
    {
      serviceCode: 'AmazonS3',
      filters: [here, { type: 'TERM_MATCH', field: 'volumeType', value: 'Standard' }],
      finds: [{ key: 's3-gb-month', isIt: used('TimedStorage-ByteHrs') }],
    },
    {
      serviceCode: 'AmazonS3',
      filters: [here, { type: 'TERM_MATCH', field: 'group', value: 'S3-API-Tier1' }],
      finds: [{ key: 's3-put', isIt: used('Requests-Tier1') }],
    },
  ]
}

/** A product as GetProducts gives it: JSON in a string (format aws_v1). */
const Product = z.object({
  product: z.object({ attributes: z.record(z.string(), z.string()) }),
  terms: z.object({
    OnDemand: z
      .record(
        z.string(),
        z.object({
          priceDimensions: z.record(
            z.string(),
            z.object({ pricePerUnit: z.object({ USD: z.coerce.number().nonnegative().optional() }) }),
          ),
        }),
      )
      .optional(),
  }),
})

/** A price this many times another than the shipped one is of something else, or in another unit. */
const PLAUSIBLE_FACTOR = 20

/**
 * The prices in the products that one query answered with. Of several tiers or products that fit, the dearest: a budget
 * holds for any of them. What is not there, or not plausible, is left out.
 */
export const pricesIn = (
  { finds }: PriceQuery,
  products: readonly string[],
  shipped: PriceTable,
): Partial<Record<PriceKey, number>> => {
  const parsed = products.flatMap((text) => productOf(text) ?? [])
  return Object.fromEntries(
    finds.flatMap(({ key, isIt }) => {
      const usd = Math.max(
        0,
        ...parsed.filter(({ attributes }) => isIt(attributes)).flatMap(({ prices }) => prices),
      )
      const factor = usd / shipped.prices[key].usd
      return factor >= 1 / PLAUSIBLE_FACTOR && factor <= PLAUSIBLE_FACTOR ? [[key, usd]] : []
    }),
  )
}

const productOf = (text: string): { attributes: Attributes; prices: number[] } | null => {
  const read = Product.safeParse(jsonOf(text))
  if (!read.success) return null
  const { product, terms } = read.data
  return {
    attributes: product.attributes,
    prices: Object.values(terms.OnDemand ?? {}).flatMap(({ priceDimensions }) =>
      Object.values(priceDimensions).flatMap(({ pricePerUnit }) => pricePerUnit.USD ?? []),
    ),
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The table of a day: what the Price List says, and for the rest the shipped prices, which `from` then names. */
export const priceTable = (
  region: string,
  found: Partial<Record<PriceKey, number>>,
  date: string,
): PriceTable => {
  const shipped = fallbackPrices(region)
  const missing = PRICE_KEYS.filter((key) => found[key] === undefined)
  if (missing.length === PRICE_KEYS.length) return shipped
  const price = (key: PriceKey): Price =>
    found[key] === undefined
      ? shipped.prices[key]
      : { usd: found[key], unit: PRICE_UNITS[key], source: 'price-list', date }
  return {
    version: `price-list-${date}`,
    region,
    from:
      `AWS Price List of ${region}, read on ${date}` +
      (missing.length === 0 ? '' : `; not found there: ${missing.join(', ')}, which are of ${shipped.from}`),
    prices: Object.fromEntries(PRICE_KEYS.map((key) => [key, price(key)])) as PriceTable['prices'],
  }
}
