import type { Metric } from './metric.ts'

/** What a service uses to serve its requests: the closed list, with the words for it. A level does not grow with requests. */
export const RESOURCES = {
  cpu: { name: 'CPU', uses: 'uses', isLevel: false },
  memory: { name: 'memory', uses: 'uses', isLevel: true },
  'database-operations': { name: 'database operations', uses: 'makes', isLevel: false },
  'database-connections': { name: 'database connections', uses: 'holds', isLevel: true },
  'outbound-calls': { name: 'outbound calls', uses: 'makes', isLevel: false },
} as const
export type Resource = keyof typeof RESOURCES
export const RESOURCE_NAMES = Object.keys(RESOURCES) as Resource[]

export const SIDES = ['production', 'control', 'shadow'] as const
export type Side = (typeof SIDES)[number]

/** For people, to find it again. */
export const metricWords = (metric: Metric): string => {
  if (metric.from === 'prometheus') return `${metric.query} at ${metric.url}`
  const { namespace, name, dimensions, statistic } = metric
  const named = Object.entries(dimensions).map(([key, value]) => `${key}=${value}`)
  return [namespace, name, statistic, ...named].join(' ')
}
