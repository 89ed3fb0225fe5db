import type { InstanceState, Tags } from './world.ts'

/** What the account holds beside its declaration. All times are milliseconds since 1970; all rows are plain JSON. */
export type Instance = {
  id: string
  type: string
  subnetId: string
  imageId: string
  state: InstanceState
  launchedAt: number
  stateReason: string | null
  detailedMonitoring: boolean
}

export type NetworkInterface = {
  id: string
  subnetId: string
  privateIp: string
  mac: string
  description: string
  interfaceType: string
  attachment: { instanceId: string; deviceIndex: number; deleteOnTermination: boolean } | null
  requesterManaged: boolean
  requesterId: string | null
  /** Of a Fargate task: it goes with the task. */
  taskArn: string | null
}

export type MirrorSession = {
  id: string
  networkInterfaceId: string
  targetId: string
  filterId: string
  /** Null: the whole packet. */
  packetLength: number | null
  number: number
  virtualNetworkId: number
  description: string | null
}

export type MirrorFilter = { id: string; description: string | null; networkServices: readonly string[] }

export type PortRange = { from: number; to: number }

export type MirrorRule = {
  id: string
  filterId: string
  direction: 'ingress' | 'egress'
  number: number
  action: 'accept' | 'reject'
  protocol: number | null
  sourceCidr: string
  destinationCidr: string
  sourcePorts: PortRange | null
  destinationPorts: PortRange | null
  description: string | null
}

export type MirrorTarget = {
  id: string
  description: string | null
} & (
  | { kind: 'network-load-balancer'; loadBalancerArn: string }
  | { kind: 'network-interface'; networkInterfaceId: string }
)

/** A ClientToken that was used, by `action:token`. */
export type UsedToken = { fingerprint: string; answer: { id: string }; at: number }

export type ServiceRow = {
  desiredCount: number
  updatedAt: number
  /** Counts the deployments that were forced; absent before the first. */
  deployment?: number
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'

export type Task = {
  id: string
  arn: string
  clusterArn: string
  serviceArn: string
  taskDefinitionArn: string
  /** Of its service, as `ServiceRow` counts them. */
  deployment: number
  subnetId: string
  networkInterfaceId: string
  mac: string
  ip: string
  port: number
  healthPort: number
  lastStatus: TaskStatus
  desiredStatus: 'RUNNING' | 'STOPPED'
  createdAt: number
  startedAt: number | null
  stoppingAt: number | null
  stoppedAt: number | null
  stoppedReason: string | null
  stopCode: string | null
  exitCode: number | null
  pid: number | null
  version: number
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused'

export type RegisteredTarget = {
  groupArn: string
  /** An address or an instance id. */
  id: string
  port: number
  availabilityZone: string | null
  /** Where to look when it is not the group's port: tasks that share one address. */
  healthPort: number | null
  origin: 'declared' | 'api' | 'task'
  state: TargetState
  reason: string | null
  description: string | null
}

export type ScheduleGroup = {
  name: string
  state: 'ACTIVE' | 'DELETING'
  createdAt: number
  modifiedAt: number
  tags: Tags
}

export type Schedule = {
  name: string
  groupName: string
  description: string | null
  expression: string
  timezone: string
  state: 'ENABLED' | 'DISABLED'
  startAt: number | null
  endAt: number | null
  flexibleMinutes: number | null
  actionAfterCompletion: 'NONE' | 'DELETE'
  target: {
    arn: string
    roleArn: string
    input: string | null
    deadLetterArn: string | null
    maximumAge: number
    maximumRetries: number
  }
  createdAt: number
  modifiedAt: number
  /** The scheduled time that comes next; null when none does. */
  nextAt: number | null
}

export type QueueMessage = {
  id: string
  queueArn: string
  body: string
  attributes: Readonly<Record<string, string>>
  sentAt: number
  visibleAt: number
  receiptHandle: string | null
  receiveCount: number
  firstReceivedAt: number | null
}

export type Subscription = {
  arn: string
  topicArn: string
  protocol: 'http' | 'sqs'
  /** An address, or the ARN of a queue. */
  endpoint: string
  /** Until whoever is there has given it back; null: it is confirmed. */
  token: string | null
}
