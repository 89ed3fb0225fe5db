import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { readTotals, type Span } from '../watch/totals.ts'

/** Bytes that the load balancer’s UDP listeners processed in that time; null when CloudWatch has none of it. */
export const processedBytes = async (
  cloudwatch: CloudWatchClient,
  loadBalancerArn: string,
  span: Span,
): Promise<number | null> => {
  const LoadBalancer = loadBalancerArn.split('loadbalancer/')[1] ?? ''
  const metric = { namespace: 'AWS/NetworkELB', name: 'ProcessedBytes_UDP', dimensions: { LoadBalancer } }
  const [total = null] = await readTotals(cloudwatch, [metric], span)
  return total
}
