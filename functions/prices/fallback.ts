import type { Price } from '../../contract/ledger.ts'
import { PRICE_KEYS, PRICE_UNITS, type PriceKey, type PriceTable } from './table.ts'

/** The figures are what was publicly known of AWS’s prices on this day; they were not read from AWS itself. */
export const FALLBACK_DATE = '2026-10-04'
const FALLBACK_REGION = 'us-east-1'

/**
 * On-demand prices of us-east-1 in US dollars, free tiers left out. Gateways run on ARM64, so the Fargate prices are
 * ARM64’s. Origins: aws.amazon.com/vpc/pricing, /elasticloadbalancing/pricing, /fargate/pricing, /ec2/pricing/on-demand
 * (data transfer within a Region), /lambda/pricing, /api-gateway/pricing, /cloudwatch/pricing, /dynamodb/pricing, /eventbridge/pricing,
 * /s3/pricing, /kms/pricing.
 */
const US_EAST_1: Readonly<Record<PriceKey, number>> = {
  'mirror-session-hour': 0.015,
  'nlb-hour': 0.0225,
  'nlcu-hour': 0.006,
  'fargate-vcpu-hour': 0.03238,
  'fargate-gb-hour': 0.00356,
  'cross-az-gb': 0.01,
  'lambda-request': 0.2e-6,
  'lambda-gb-second': 0.0000166667,
  'api-request': 1e-6,
  'cloudwatch-metric': 10e-6,
  'dynamodb-read': 0.125e-6,
  'dynamodb-write': 0.625e-6,
  'schedule-invocation': 1e-6,
  's3-put': 5e-6,
  's3-gb-month': 0.023,
  'kms-request': 3e-6,
}

const price = (key: PriceKey): Price => ({
  usd: US_EAST_1[key],
  unit: PRICE_UNITS[key],
  source: 'fallback',
  date: FALLBACK_DATE,
})

/** The dated prices that ship with Shadowmeter: those of us-east-1 for every Region, which `from` then says. */
export const fallbackPrices = (region: string): PriceTable => ({
  version: `fallback-${FALLBACK_DATE}`,
  region,
  from:
    `Shadowmeter’s own table of ${FALLBACK_REGION} prices, ${FALLBACK_DATE}` +
    (region === FALLBACK_REGION ? '' : `; the prices of ${region} are not in it and may be higher`),
  prices: Object.fromEntries(PRICE_KEYS.map((key) => [key, price(key)])) as Record<PriceKey, Price>,
})
