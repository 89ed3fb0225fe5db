import * as z from 'zod'
import { Price } from '../../contract/ledger.ts'

/** Everything an experiment can be charged for, with what one price buys. */
export const PRICE_UNITS = {
  'mirror-session-hour': 'ENI-hour',
  'nlb-hour': 'load-balancer-hour',
  'nlcu-hour': 'NLCU-hour',
  'fargate-vcpu-hour': 'vCPU-hour',
  'fargate-gb-hour': 'GB-hour',
  'cross-az-gb': 'GB and direction',
  'lambda-request': 'invocation',
  'lambda-gb-second': 'GB-second',
  'api-request': 'request',
  'cloudwatch-metric': 'metric requested',
  'dynamodb-read': 'read request unit',
  'dynamodb-write': 'write request unit',
  'schedule-invocation': 'invocation',
  's3-put': 'PUT request',
  's3-gb-month': 'GB-month',
  'kms-request': 'request',
} as const
export type PriceKey = keyof typeof PRICE_UNITS
export const PRICE_KEYS = Object.keys(PRICE_UNITS) as [PriceKey, ...PriceKey[]]

/** The prices of one Region. Every price carries its own source and date, so that a table may mix them. */
export const PriceTable = z.object({
  /** Tables never change: an experiment names the one it is reckoned with, whatever prices are read later. */
  version: z.string().min(1),
  region: z.string(),
  /** One sentence on where the prices come from, including what is not known about them. */
  from: z.string(),
  prices: z.record(z.enum(PRICE_KEYS), Price),
})
export type PriceTable = Readonly<z.output<typeof PriceTable>>
