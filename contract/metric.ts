import * as z from 'zod'

const text = z.string().min(1).max(255)

/** What names a metric of CloudWatch. */
export const CLOUDWATCH_NAME = {
  namespace: text,
  name: text,
  dimensions: z.record(text, z.string().min(1).max(1024)).default({}),
}

export const CLOUDWATCH_STATISTICS = ['Average', 'Maximum', 'Minimum', 'Sum'] as const

/** Where a figure is read, one value for each period. */
export const Metric = z.discriminatedUnion('from', [
  z
    .strictObject({
      from: z.literal('cloudwatch'),
      ...CLOUDWATCH_NAME,
      statistic: z
        .enum(CLOUDWATCH_STATISTICS)
        .describe('of a period: Sum of what is counted, Average of what is a level, such as CPU'),
    })
    .describe('of the deployment’s own account and Region'),
])
export type Metric = z.output<typeof Metric>
