import * as z from 'zod'
import { FUNNEL_LOSSES, FUNNEL_PARTS, FUNNEL_STEPS } from './loss.ts'

/**
 * One row of the coverage, from what was seen to what was judged: a step is the one before without the losses between
 * them; a part is contained in the step above it.
 */
export const FunnelRow = z
  .strictObject({
    kind: z.enum(['step', 'loss', 'part']),
    name: z.enum([...FUNNEL_STEPS, ...FUNNEL_LOSSES, ...FUNNEL_PARTS]),
    count: z.int().nonnegative().describe('requests'),
    says: z.string(),
  })
  .meta({ id: 'FunnelRow' })
export type FunnelRow = z.output<typeof FunnelRow>
