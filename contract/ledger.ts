import * as z from 'zod'
import { Timestamp } from './experiment.ts'
import { Basis, CostLine, Usd } from './money.ts'
import { EniId } from './source.ts'

/** A unit price with its origin: no dollar figure without one. */
export const Price = z
  .strictObject({
    usd: z.number().nonnegative(),
    unit: z.string().describe('what one such price buys, for example ENI-hour'),
    source: z
      .enum(['price-list', 'fallback'])
      .describe('AWS Price List API, or the dated table that ships with Shadowmeter'),
    date: z.iso.date(),
  })
  .meta({ id: 'Price' })
export type Price = z.output<typeof Price>

/** One mirror session and what it owes: begun hours are owed whole. */
export const LedgerRow = z
  .strictObject({
    eni: EniId,
    session: z.string().nullable().describe('tms-…; null between the intent to create it and its creation'),
    vni: z.int().min(1).max(0xffffff),
    generation: z.int().nonnegative().describe('how many sessions this ENI had before in this experiment'),
    state: z.enum(['intended', 'active', 'deleted']),
    createdAt: Timestamp.nullable(),
    deletedAt: Timestamp.nullable(),
    hours: z.int().nonnegative().describe('begun session-hours'),
    usd: Usd,
  })
  .meta({ id: 'LedgerRow' })
export type LedgerRow = z.output<typeof LedgerRow>

/** One line of the account: quantity × price = dollars. */
export const LedgerLine = z
  .strictObject({
    line: z.union([CostLine, z.literal('standing')]),
    item: z.string().describe('what was used, for example NLCU-hours'),
    quantity: z.number().nonnegative(),
    price: Price,
    usd: Usd,
    basis: Basis,
  })
  .meta({ id: 'LedgerLine' })
export type LedgerLine = z.output<typeof LedgerLine>

export const Ledger = z
  .strictObject({
    rows: z.array(LedgerRow),
    lines: z.array(LedgerLine),
    totalUsd: Usd.describe('sum of the lines, standing cost not among them'),
    basis: Basis.default('metered').describe('of the total, and of each session’s dollars'),
    pricesFrom: z.string().describe('source and date of the prices; they stay those it began with'),
    at: Timestamp,
  })
  .meta({ id: 'Ledger' })
export type Ledger = z.output<typeof Ledger>

/** The account with one page of its sessions: lines and total are always of all of them. */
export const LedgerPage = Ledger.extend({
  sessions: z.int().nonnegative().describe('how many rows there are in all'),
  nextToken: z.string().nullable().describe('pass it to get the next rows; null on the last page'),
}).meta({ id: 'LedgerPage' })
export type LedgerPage = z.output<typeof LedgerPage>
