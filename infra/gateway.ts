import './endpoints.ts'
import { listener, targetGroup } from './load-balancer.ts'
import { network } from './network.ts'
import { HEALTH, NEIGHBOURS, VXLAN } from './ports.ts'
import { records } from './records.ts'
import { shadowSecrets } from './secrets.ts'
import { gatewayGroup } from './security-groups.ts'
import { account, allowedShadows, DEPLOYMENT, inputs } from './stage.ts'
import { table } from './table.ts'

/** ECS kills a task that has not stopped after so long; Fargate takes up to 120 s. */
const STOP_SECONDS = 60

export const cluster = new sst.aws.Cluster('Gateway', {
  // As an object and not as SST’s Vpc: with that, tasks get public addresses.
  vpc: {
    id: network.vpc,
    securityGroups: [gatewayGroup.id],
    containerSubnets: network.subnets,
    loadBalancerSubnets: network.subnets,
  },
})

const PROBE = `fetch('http://127.0.0.1:${HEALTH}/healthz').then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))`

/** One gateway task. Deployed in `sst dev`, too: only the functions run on the developer’s machine then. */
export const task = new sst.aws.Task('GatewayTask', {
  cluster,
  dev: false,
  architecture: 'arm64',
  cpu: `${inputs.gateway.vcpu} vCPU`,
  memory: `${inputs.gateway.memoryGb} GB`,
  image: { context: '.', dockerfile: 'data-plane/Dockerfile' },
  logging: { retention: '1 month' },
  environment: {
    SHADOWMETER_TABLE: table.name,
    SHADOWMETER_DEPLOYMENT: DEPLOYMENT,
    SHADOWMETER_SHADOWS: allowedShadows,
    SHADOWMETER_RECORDS_BUCKET: records.bucket,
    SHADOWMETER_LISTEN: `0.0.0.0:${VXLAN}`,
    SHADOWMETER_HEALTH: `0.0.0.0:${HEALTH}`,
    SHADOWMETER_NEIGHBOURS: `0.0.0.0:${NEIGHBOURS}`,
    SHADOWMETER_WORKERS: `${inputs.gateway.vcpu}`,
    SHADOWMETER_STOP_SECONDS: `${STOP_SECONDS - 10}`,
  },
  ssm: Object.fromEntries(shadowSecrets.map(({ variable, parameter }) => [variable, parameter.arn])),
  transform: {
    // SST's also lets a shell into every task (ECS Exec); nobody gets into a gateway.
    taskRole: (role) => {
      role.inlinePolicies = [
        { name: 'table', policy: useTable() },
        { name: 'records', policy: putRecords() },
      ]
      role.assumeRolePolicy = assumedByTasks()
    },
    executionRole: (role) => {
      // SST’s may read every parameter and secret of the account.
      role.inlinePolicies = shadowSecrets.length > 0 ? [{ name: 'secrets', policy: readSecrets() }] : []
      role.assumeRolePolicy = assumedByTasks()
    },
    taskDefinition: (definition) => {
      definition.containerDefinitions = $output(definition.containerDefinitions).apply((json) =>
        JSON.stringify(JSON.parse(json).map(hardened)),
      )
    },
  },
})

const hardened = (container: object) => ({
  ...container,
  pseudoTerminal: false,
  stopTimeout: STOP_SECONDS,
  healthCheck: {
    command: ['CMD', 'node', '-e', PROBE],
    interval: 10,
    timeout: 5,
    retries: 3,
    startPeriod: 20,
  },
  readonlyRootFilesystem: true,
  user: '1000:1000',
  linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
  // SST maps TCP only. A load balancer’s UDP port needs its own mapping, and one port has one protocol.
  portMappings: [
    { containerPort: VXLAN, hostPort: VXLAN, protocol: 'udp' },
    { containerPort: HEALTH, hostPort: HEALTH, protocol: 'tcp' },
    { containerPort: NEIGHBOURS, hostPort: NEIGHBOURS, protocol: 'udp' },
  ],
})

/** Its configuration may be read, its reports and comparisons written: experiments, money and audit are no business of a gateway. */
function useTable() {
  const of = (...values: string[]) => [
    { test: 'ForAllValues:StringLike', variable: 'dynamodb:LeadingKeys', values },
  ]
  return aws.iam.getPolicyDocumentOutput({
    statements: [
      { actions: ['dynamodb:GetItem'], resources: [table.arn], conditions: of('GATEWAY', 'GATEWAY#*') },
      { actions: ['dynamodb:PutItem'], resources: [table.arn], conditions: of('REPORTS#*', 'COMPARISON#*') },
    ],
  }).json
}

/** What it has put it can neither read nor delete. */
function putRecords() {
  return aws.iam.getPolicyDocumentOutput({
    statements: [
      { actions: ['s3:PutObject'], resources: [records.objects] },
      { actions: ['kms:GenerateDataKey'], resources: [records.key] },
    ],
  }).json
}

function assumedByTasks() {
  return aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        actions: ['sts:AssumeRole'],
        principals: [{ type: 'Service', identifiers: ['ecs-tasks.amazonaws.com'] }],
        conditions: [{ test: 'StringEquals', variable: 'aws:SourceAccount', values: [account] }],
      },
    ],
  }).json
}

function readSecrets() {
  return aws.iam.getPolicyDocumentOutput({
    statements: [
      { actions: ['ssm:GetParameters'], resources: shadowSecrets.map(({ parameter }) => parameter.arn) },
    ],
  }).json
}

/**
 * The fleet. How many tasks run is decided by the control plane alone (UpdateService): no Application Auto Scaling, and a
 * deployment leaves the number as it is. At rest there is none.
 */
export const service = new aws.ecs.Service(
  'GatewayService',
  {
    name: 'gateway',
    cluster: cluster.nodes.cluster.arn,
    taskDefinition: task.taskDefinition,
    desiredCount: 0,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    enableExecuteCommand: false,
    healthCheckGracePeriodSeconds: 60,
    networkConfiguration: {
      subnets: network.subnets,
      securityGroups: [gatewayGroup.id],
      assignPublicIp: false,
    },
    loadBalancers: [{ targetGroupArn: targetGroup.arn, containerName: 'GatewayTask', containerPort: VXLAN }],
    deploymentCircuitBreaker: { enable: true, rollback: true },
    deploymentMinimumHealthyPercent: 100,
    deploymentMaximumPercent: 200,
    availabilityZoneRebalancing: 'DISABLED',
    propagateTags: 'SERVICE',
    enableEcsManagedTags: true,
    waitForSteadyState: false,
  },
  { ignoreChanges: ['desiredCount'], dependsOn: [listener] },
)
