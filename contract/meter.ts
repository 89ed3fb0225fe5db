import * as z from 'zod'
import { Timestamp } from './experiment.ts'
import { Spend, Usd } from './money.ts'
import { RequestCounts, Volume } from './traffic.ts'

/** The state of an experiment’s meter at one tick. All figures are totals since its start, so that a lost point loses nothing. */
export const MeterPoint = z
  .strictObject({
    at: Timestamp,
    spend: Spend,
    forecastUsd: Usd,
    volume: Volume,
    requests: RequestCounts,
    sessions: z.int().nonnegative(),
    gateways: z.int().nonnegative(),
  })
  .meta({ id: 'MeterPoint' })
export type MeterPoint = z.output<typeof MeterPoint>
