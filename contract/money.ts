import * as z from 'zod'

/** US dollars. Spend is kept unrounded; only what is shown to people is rounded. */
export const Usd = z.number().nonnegative().meta({ id: 'Usd', description: 'US dollars' })

/**
 * What an experiment pays for. Standing cost (the load balancer's hours, interface endpoints) is not in here: it is
 * owed with or without an experiment and shown apart.
 */
export const COST_LINES = ['mirror-sessions', 'nlcu', 'fargate', 'cross-az', 'control-plane'] as const
export const CostLine = z.enum(COST_LINES).meta({
  id: 'CostLine',
  description:
    'mirror-sessions: begun ENI-hours; nlcu: Network Load Balancer capacity units; fargate: gateway vCPU and memory seconds; ' +
    'cross-az: mirrored bytes that cross Availability Zones; control-plane: Lambda, API, schedules and DynamoDB requests',
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

export const sumLines = (lines: CostLines): number => COST_LINES.reduce((sum, line) => sum + lines[line], 0)

/** Bytes in the GB that AWS bills (NLCU, data transfer): 10^9. */
export const BYTES_PER_GB = 1e9

/** Dollars per GB of mirrored inner bytes; null before the first byte. */
export const usdPerGb = (usd: number, bytes: number): number | null =>
  bytes > 0 ? usd / (bytes / BYTES_PER_GB) : null
