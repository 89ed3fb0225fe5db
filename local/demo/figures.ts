import { type CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import type { ResourcesInput } from '../../contract/resources.ts'

/** What one of the demo’s services has done since it started. */
export type Service = Readonly<{
  name: 'production' | 'control' | 'shadow'
  queries: () => number
  requests: () => number
}>

export const NAMESPACE = 'Shop'
const METRICS = { queries: 'DatabaseOperations', requests: 'Requests' } as const
const EVERY_MS = 1_000

/** Tells CloudWatch each second what each service has done in it, as a service with metrics of its own does. */
export const publishFigures = (cloudwatch: CloudWatchClient, services: readonly Service[]) => {
  const known = services.map(({ queries, requests }) => ({ queries: queries(), requests: requests() }))
  const publish = () => {
    const Timestamp = new Date(Date.now() - EVERY_MS / 2)
    const data = services.flatMap((service, place) => {
      const before = known[place] ?? { queries: 0, requests: 0 }
      return (['queries', 'requests'] as const).map((of) => {
        const now = service[of]()
        const Value = now - before[of]
        before[of] = now
        return {
          MetricName: METRICS[of],
          Dimensions: [{ Name: 'Service', Value: service.name }],
          Value,
          Timestamp,
          StorageResolution: 1,
        }
      })
    })
    // What does not arrive is missing, and the verdict says so.
    cloudwatch.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: data })).catch(() => {})
  }
  const timer = setInterval(publish, EVERY_MS)
  return { stop: () => clearInterval(timer) }
}

const metric = (of: keyof typeof METRICS, service: Service['name']) =>
  ({
    from: 'cloudwatch',
    namespace: NAMESPACE,
    name: METRICS[of],
    dimensions: { Service: service },
    statistic: 'Sum',
  }) as const

/** What the demo’s experiment compares: the minutes of a demo are short. */
export const DEMO_RESOURCES: ResourcesInput = {
  periodSeconds: 5,
  requests: { production: metric('requests', 'production') },
  figures: [
    {
      resource: 'database-operations',
      production: metric('queries', 'production'),
      control: metric('queries', 'control'),
      shadow: metric('queries', 'shadow'),
    },
  ],
}
