/** One value as an AWS service would give it to CloudWatch. */
export type AwsPoint = Readonly<{
  namespace: string
  name: string
  dimensions: Readonly<Record<string, string>>
  value: number
  /** Milliseconds since 1970. */
  at: number
}>

/** PutMetricData refuses namespaces of AWS: what AWS itself measures comes by the local endpoint’s own way. */
export const feedMetrics = async (endpoint: string, points: readonly AwsPoint[]): Promise<void> => {
  const response = await fetch(new URL('/-/metrics', endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ points: points.map((point) => ({ unit: 'None', ...point })) }),
  })
  if (!response.ok) throw new Error(await response.text())
}
