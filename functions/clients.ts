import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { CostExplorerClient } from '@aws-sdk/client-cost-explorer'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { PricingClient } from '@aws-sdk/client-pricing'
import { S3Client } from '@aws-sdk/client-s3'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { pricingRegion } from './billing/price-list.ts'

export type Clients = Readonly<{
  ec2: EC2Client
  autoScaling: AutoScalingClient
  ecs: ECSClient
  elb: ElasticLoadBalancingV2Client
  eventBridge: EventBridgeClient
  scheduler: SchedulerClient
  dynamo: DynamoDBClient
  cloudwatch: CloudWatchClient
  logs: CloudWatchLogsClient
  pricing: PricingClient
  costExplorer: CostExplorerClient
  s3: S3Client
  serviceQuotas: ServiceQuotasClient
}>

export type ClientOptions = {
  region: string
  /** All services at one address; the SDK’s AWS_ENDPOINT_URL says the same in the environment. */
  endpoint?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/**
 * Standard retries spread throttled calls over some hundred milliseconds; what is throttled for longer is left to the
 * next tick, because a tick that waits renews no lease. A call takes at most `LONGEST_CALL_MS`, its retries included.
 */
const PATIENCE = {
  maxAttempts: 3,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
}
/** Nothing waits for a notice: what is not taken at once is told at the next tick. */
const BRIEF = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 500, requestTimeout: 2_000, throwOnRequestTimeout: true },
}
export const LONGEST_CALL_MS = 20_000

export const makeClients = (options: ClientOptions): Clients => ({
  ec2: new EC2Client({ ...PATIENCE, ...options }),
  autoScaling: new AutoScalingClient({ ...PATIENCE, ...options }),
  ecs: new ECSClient({ ...PATIENCE, ...options }),
  elb: new ElasticLoadBalancingV2Client({ ...PATIENCE, ...options }),
  eventBridge: new EventBridgeClient({ ...BRIEF, ...options }),
  scheduler: new SchedulerClient({ ...PATIENCE, ...options }),
  dynamo: new DynamoDBClient({ ...PATIENCE, ...options }),
  cloudwatch: new CloudWatchClient({ ...PATIENCE, ...options }),
  // A plan asks it and can do without; its calls a second are few and shared with the whole account.
  logs: new CloudWatchLogsClient({ ...BRIEF, ...options }),
  pricing: new PricingClient({ ...PATIENCE, ...options, region: pricingRegion(options.region) }),
  // Cost Explorer has this one endpoint in the standard partition.
  costExplorer: new CostExplorerClient({ ...PATIENCE, ...options, region: 'us-east-1' }),
  // At an endpoint that is an IP address, as the local one’s, the SDK asks in path style by itself.
  s3: new S3Client({ ...PATIENCE, ...options }),
  // A plan asks it and can do without.
  serviceQuotas: new ServiceQuotasClient({ ...BRIEF, ...options }),
})

export const closeClients = (clients: Clients): void => {
  for (const client of Object.values(clients)) client.destroy()
}
