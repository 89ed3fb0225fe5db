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
  z
    .strictObject({
      from: z.literal('prometheus'),
      url: z
        .url({
          protocol: /^https?$/,
          hostname: /./,
          error: 'an address looks like https://prometheus.example.com',
        })
        .refine((url) => !/^[a-z]+:\/\/[^/]*@/i.test(url), 'put no credentials into the address')
        .refine((url) => !/[?#]/.test(url), 'leave out what comes after the path')
        .describe('of the server, without /api/v1; the control plane must reach it, without credentials'),
      query: z
        .string()
        .min(1)
        .max(2_000)
        .describe(
          'evaluated at the end of each period, to one series. Of a counter, its increase in the period: ' +
            'sum(increase(queries_total[1m]))',
        ),
    })
    .describe('a server with Prometheus’s HTTP API, where the deployment allows it to be'),
])
export type Metric = z.output<typeof Metric>
