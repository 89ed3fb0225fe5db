import * as z from 'zod'
import { ExperimentId, Timestamp } from './experiment.ts'
import { Usd } from './money.ts'

const Bytes = z.number().nonnegative()

/** What was metered, beside what the load balancer counted and what AWS billed. Each figure says what it is. */
export const Reconciliation = z
  .strictObject({
    experiment: ExperimentId,
    at: Timestamp,
    metered: z
      .strictObject({
        basis: z.literal('metered'),
        totalUsd: Usd,
        sessionsUsd: Usd,
        bytes: Bytes.describe('as the gateways received them, outer headers included'),
      })
      .describe('the experiment’s ledger'),
    processed: z
      .strictObject({
        basis: z.literal('metered'),
        bytes: Bytes.describe('ProcessedBytes_UDP of the load balancer while it mirrored'),
        shared: z
          .boolean()
          .describe('other experiments mirrored then: their bytes are in it and cannot be told apart'),
        missingBytes: Bytes.nullable().describe(
          'processed and not received by a gateway; null while it mirrors, and when shared',
        ),
        missingUsd: Usd.nullable().describe('what these cost: AWS bills them, the ledger does not have them'),
        says: z.string(),
      })
      .nullable()
      .describe('CloudWatch’s count; null when it cannot be read, or nothing was mirrored'),
    billed: z
      .strictObject({
        basis: z.literal('billed'),
        totalUsd: Usd,
        lines: z.array(z.strictObject({ usageType: z.string(), usd: Usd })),
        final: z.boolean().describe('false: AWS may still change it'),
        readAt: Timestamp,
        says: z.string(),
      })
      .nullable()
      .describe(
        'AWS Cost Explorer’s figures for what carries the tag experiment-id; null when there are none',
      ),
    notes: z.array(z.string()).describe('what could not be compared, and why'),
  })
  .meta({ id: 'Reconciliation' })
export type Reconciliation = z.output<typeof Reconciliation>
