/**
 * What exists in the local AWS account before the first call: the part of an account that Shadowmeter finds and does
 * not create. Ids, ARNs and names are AWS's; the caller chooses them so that they survive a restart.
 */
export type WorldDeclaration = {
  /** 12 digits. */
  account: string
  region: string
  vpcs: readonly VpcDeclaration[]
  subnets: readonly SubnetDeclaration[]
  /** Security groups’ rules, of groups that interfaces name. */
  securityGroupRules?: readonly SecurityGroupRuleDeclaration[]
  flowLogs?: readonly FlowLogDeclaration[]
  instanceTypes: readonly InstanceTypeDeclaration[]
  instances: readonly InstanceDeclaration[]
  networkInterfaces: readonly NetworkInterfaceDeclaration[]
  loadBalancers: readonly LoadBalancerDeclaration[]
  targetGroups: readonly TargetGroupDeclaration[]
  clusters: readonly ClusterDeclaration[]
  taskDefinitions: readonly TaskDefinitionDeclaration[]
  services: readonly ServiceDeclaration[]
  /** ECS services on EC2: other teams’, whose tasks are not processes of these endpoints. */
  placedServices?: readonly PlacedServiceDeclaration[]
  containerInstances?: readonly ContainerInstanceDeclaration[]
  autoScalingGroups?: readonly AutoScalingGroupDeclaration[]
  /** Mirror targets that the infrastructure made; more can be created by the API. */
  mirrorTargets?: readonly MirrorTargetDeclaration[]
  /** Mirror filters that the infrastructure made, without rules (a parking filter); more can be created by the API. */
  mirrorFilters?: readonly MirrorFilterDeclaration[]
  /** EventBridge Scheduler groups beside `default`. */
  scheduleGroups?: readonly string[]
  /** Rules of EventBridge’s default bus that the infrastructure made. */
  eventRules?: readonly EventRuleDeclaration[]
  /** Other prices than those of the endpoints’ own list, in US dollars by the usage type’s ending. */
  prices?: Readonly<Record<string, number>>
  /** vCPUs that Fargate runs at once for the account; AWS’s default when left out. */
  fargateVcpus?: number
  /** Names of S3 buckets. */
  buckets?: readonly string[]
  /** SQS queues, for dead letters. */
  queues?: readonly QueueDeclaration[]
  /** SNS topics. */
  topics?: readonly TopicDeclaration[]
  /** Lambda’s event source mappings: which function takes what is in a queue. */
  queueConsumers?: readonly { queueArn: string; functionArn: string }[]
}

/** Tags as AWS has them; keys that start with `aws:` (Auto Scaling group, CloudFormation) can only be declared here. */
export type Tags = Readonly<Record<string, string>>

export type VpcDeclaration = { id: string; cidr: string; tags?: Tags }

export type SubnetDeclaration = {
  id: string
  vpcId: string
  cidr: string
  availabilityZone: string
  /** For example use1-az1. */
  availabilityZoneId: string
  ipv6Only?: boolean
  tags?: Tags
}

/** A rule lets in or out what comes from or goes to one peer; without a peer it is `cidr` of every address. */
export type SecurityGroupRuleDeclaration = {
  /** sgr- and 17 hex digits. */
  id: string
  /** sg- and 17 hex digits. */
  groupId: string
  direction: 'ingress' | 'egress'
  /** `-1` is every protocol, on every port. */
  protocol: 'tcp' | 'udp' | 'icmp' | '-1'
  ports?: { from: number; to: number }
  peer: { cidr: string } | { groupId: string } | { prefixListId: string }
}

/** VPC flow logs: into a log group of CloudWatch Logs, or into a bucket, of which nothing can be read here. */
export type FlowLogDeclaration = {
  /** fl- and 17 hex digits. */
  id: string
  /** A VPC, a subnet or a network interface. */
  resourceId: string
  trafficType?: 'ACCEPT' | 'REJECT' | 'ALL'
  logGroup?: string
  bucket?: string
  /** Fields of a record as AWS writes them; the default format when left out. */
  format?: string
  tags?: Tags
}

export type InstanceTypeDeclaration = {
  /** For example c6i.large. */
  name: string
  hypervisor: 'nitro' | 'xen'
  vcpus: number
  memoryMiB: number
  /** Of network card 0, as DescribeInstanceTypes gives them. */
  baselineGbps: number
  peakGbps: number
}

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'

export type InstanceDeclaration = {
  /** i- and 17 hex digits. */
  id: string
  type: string
  subnetId: string
  imageId?: string
  /** Default running. */
  state?: 'running' | 'stopped'
  detailedMonitoring?: boolean
  autoScalingGroup?: string
  tags?: Tags
}

export type NetworkInterfaceDeclaration = {
  /** eni- and 17 hex digits. */
  id: string
  subnetId: string
  privateIp: string
  mac: string
  description?: string
  /** Default interface. */
  interfaceType?: string
  attachment?: { instanceId: string; deviceIndex: number; deleteOnTermination?: boolean }
  /** Made by an AWS service; `requesterId` names it (amazon-rds, amazon-elasticache, amazon-elb or an account id). */
  requesterManaged?: boolean
  requesterId?: string
  /** Ids of its security groups; none when left out. */
  groups?: readonly string[]
  tags?: Tags
}

export type LoadBalancerDeclaration = {
  arn: string
  name: string
  dnsName: string
  type: 'network' | 'application'
  scheme: 'internal' | 'internet-facing'
  vpcId: string
  /** One node per zone: the address that packets are sent to. */
  zones: readonly { subnetId: string; privateIp: string }[]
  /** The attribute load_balancing.cross_zone.enabled; default false, as AWS has it for network load balancers. */
  crossZone?: boolean
  listeners: readonly ListenerDeclaration[]
  /** Other load balancer attributes, by AWS's key. */
  attributes?: Readonly<Record<string, string>>
  tags?: Tags
}

export type ListenerDeclaration = {
  arn: string
  protocol: 'UDP' | 'TCP' | 'TCP_UDP' | 'TLS' | 'HTTP' | 'HTTPS'
  port: number
  targetGroupArn: string
}

export type TargetGroupDeclaration = {
  arn: string
  name: string
  protocol: 'UDP' | 'TCP' | 'TCP_UDP' | 'TLS' | 'HTTP' | 'HTTPS'
  /** HTTP and HTTPS only; default HTTP1. */
  protocolVersion?: 'HTTP1' | 'HTTP2' | 'GRPC'
  port: number
  vpcId: string
  targetType: 'ip' | 'instance'
  healthCheck: HealthCheckDeclaration
  /** Seconds in `draining` after deregistration; default 300. */
  deregistrationDelaySeconds?: number
  /** Other target group attributes, by AWS's key. */
  attributes?: Readonly<Record<string, string>>
  /** Registered from the beginning: an address with its port, or an instance id. */
  targets?: readonly { id: string; port: number; availabilityZone?: string }[]
}

/** AWS's limits (interval 5-300 s, timeout 2-120 s) are not applied here: a rehearsal may look more often. */
export type HealthCheckDeclaration = {
  protocol: 'TCP' | 'HTTP'
  port: 'traffic-port' | number
  /** HTTP only. */
  path?: string
  intervalSeconds: number
  timeoutSeconds: number
  healthyThreshold: number
  unhealthyThreshold: number
}

export type ClusterDeclaration = { arn: string; name: string }

export type TaskDefinitionDeclaration = {
  /** arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION */
  arn: string
  family: string
  revision: number
  cpu: string
  memory: string
  container: ContainerDeclaration
}

/**
 * The process that is one task. In `arguments` and `environment` these words are replaced for each task: {ip},
 * {port} (the container port), {healthPort}, {taskId} (32 hex digits), {taskArn}, {clusterArn}, {region}, {endpoint}
 * (of these AWS endpoints). ECS_CONTAINER_METADATA_URI_V4 is set as on Fargate and answers `/task`.
 */
export type ContainerDeclaration = {
  name: string
  image: string
  /** Absolute path of the module that `node` runs, forked: the loss of the IPC channel must end it. */
  module: string
  arguments?: readonly string[]
  environment: Readonly<Record<string, string>>
  /** UDP or TCP port of the traffic, and TCP port of the health answer. */
  port: number
  healthPort: number
  protocol: 'udp' | 'tcp'
  /** Seconds between SIGTERM and SIGKILL; default 30, at most 120 on Fargate. */
  stopTimeoutSeconds?: number
}

export type ServiceDeclaration = {
  arn: string
  name: string
  clusterArn: string
  taskDefinitionArn: string
  desiredCount: number
  subnetIds: readonly string[]
  securityGroupIds?: readonly string[]
  targetGroupArn?: string
  healthCheckGracePeriodSeconds?: number
  /**
   * `each`: every task gets an address of its own out of the list (Linux has all of 127/8), at the container's ports.
   * `shared`: all tasks have one address, at free ports; registered targets carry the port.
   */
  addresses: { kind: 'each'; ips: readonly string[] } | { kind: 'shared'; ip: string }
}

export type PlacedServiceDeclaration = {
  arn: string
  name: string
  clusterArn: string
  taskDefinitionArn: string
  tasks: readonly PlacedTaskDeclaration[]
}

export type PlacedTaskDeclaration = {
  /** 32 hex digits. */
  id: string
  containerInstanceArn: string
  /** In the network mode awsvpc: a declared interface. Without it the task uses its instance’s (bridge, host). */
  networkInterfaceId?: string
}

export type ContainerInstanceDeclaration = { arn: string; clusterArn: string; instanceId: string }

/** Its instances are those declared with its name. */
export type AutoScalingGroupDeclaration = {
  name: string
  minSize: number
  maxSize: number
  desiredCapacity: number
  subnetIds: readonly string[]
  targetGroupArns?: readonly string[]
}

export type MirrorTargetDeclaration = {
  /** tmt- and 17 hex digits. */
  id: string
  loadBalancerArn: string
  description?: string
  tags?: Tags
}

export type MirrorFilterDeclaration = {
  /** tmf- and 17 hex digits. */
  id: string
  description?: string
  tags?: Tags
}

/** An event of one of these types goes to the function or the topic, unless it says another source. */
export type EventRuleDeclaration = { source: string; detailTypes: readonly string[]; targetArn: string }

/** With queues that are subscribed to it from the beginning. */
export type TopicDeclaration = { name: string; queues?: readonly string[] }

export type QueueDeclaration = { name: string; visibilityTimeoutSeconds?: number }
