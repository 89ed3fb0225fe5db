import * as z from 'zod'

/** US dollars in whole micro-dollars: 0.000001 is the smallest amount. */
export const Usd = z.number().nonnegative().meta({ id: 'Usd', description: 'US dollars' })

/**
 * Amounts are added and compared as integers, in micro-dollars: floating point would make a sum depend on its order. A
 * hundred thousand dollars are 10^11 of them, far below what a number holds exactly.
 */
export const toMicros = (usd: number): number => Math.round(usd * 1e6)
export const fromMicros = (micros: number): number => micros / 1e6

/** What a quantity owes at a unit price: whole micro-dollars, a begun one counted whole. */
export const owed = (quantity: number, unitUsd: number): number => {
  const micros = quantity * unitUsd * 1e6
  // What is above an integer by less than products of doubles err is that integer.
  return fromMicros(Math.max(0, Math.ceil(micros - Math.max(1e-6, micros * 1e-12))))
}

export const addUsd = (...amounts: readonly number[]): number =>
  fromMicros(amounts.reduce((sum, usd) => sum + toMicros(usd), 0))

/**
 * What an experiment pays for. Standing cost (the load balancer's hours, interface endpoints) is not in here: it is
 * owed with or without an experiment and shown apart.
 */
export const COST_LINES = ['mirror-sessions', 'nlcu', 'fargate', 'cross-az', 'control-plane'] as const
export const CostLine = z.enum(COST_LINES).meta({
  id: 'CostLine',
  description:
    'mirror-sessions: begun ENI-hours; nlcu: Network Load Balancer capacity units; fargate: gateway vCPU and memory seconds; ' +
    'cross-az: mirrored bytes that cross Availability Zones; control-plane: Lambda, API, schedules, DynamoDB requests, and keeping what is recorded',
})
export type CostLine = z.output<typeof CostLine>

export const CostLines = z.strictObject({
  'mirror-sessions': Usd,
  nlcu: Usd,
  fargate: Usd,
  'cross-az': Usd,
  'control-plane': Usd,
} satisfies Record<CostLine, typeof Usd>)
export type CostLines = z.output<typeof CostLines>

/** Where a dollar figure comes from: our own meter, an estimate before the fact, or the AWS bill. */
export const Basis = z.enum(['metered', 'estimated', 'billed'])
export type Basis = z.output<typeof Basis>

export const Spend = z
  .strictObject({
    basis: Basis,
    totalUsd: Usd.describe('sum of the lines, begun session-hours counted whole'),
    lines: CostLines,
    standingUsd: Usd.describe(
      'this experiment’s share by time of what costs money at rest; not part of totalUsd',
    ),
  })
  .meta({ id: 'Spend' })
export type Spend = z.output<typeof Spend>

export const zeroLines = (): CostLines => ({
  'mirror-sessions': 0,
  nlcu: 0,
  fargate: 0,
  'cross-az': 0,
  'control-plane': 0,
})

export const sumLines = (lines: CostLines): number => addUsd(...COST_LINES.map((line) => lines[line]))

/** Bytes in the GB that AWS bills (NLCU, data transfer): 10^9. */
export const BYTES_PER_GB = 1e9

/** Dollars per GB of mirrored inner bytes; null before the first byte. */
export const usdPerGb = (usd: number, bytes: number): number | null =>
  bytes > 0 ? usd / (bytes / BYTES_PER_GB) : null
