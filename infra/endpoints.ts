import type { Endpoint } from './inputs.ts'
import { endpointSubnets, isOwnVpc, isPresent, network, serviceName } from './network.ts'
import { records } from './records.ts'
import { endpointGroup } from './security-groups.ts'
import { account, inputs, region } from './stage.ts'
import { table } from './table.ts'

const document = (statements: aws.iam.GetPolicyDocumentOutputArgs['statements']) =>
  aws.iam.getPolicyDocumentOutput({ statements }).json
const anyone = [{ type: '*', identifiers: ['*'] }]

/**
 * In a VPC of our own the free endpoints are no way out to other people’s buckets and tables: image layers are read from
 * ECR’s bucket, records put into ours, and the one table is reached. In a VPC that others use they carry everybody’s traffic and stay open.
 */
const POLICIES = {
  dynamodb: () =>
    document([
      { principals: anyone, actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [table.arn] },
    ]),
  s3: () =>
    document([
      {
        principals: anyone,
        actions: ['s3:GetObject'],
        resources: [`arn:aws:s3:::prod-${region}-starport-layer-bucket/*`],
      },
      { principals: anyone, actions: ['s3:PutObject'], resources: [records.objects] },
    ]),
}

const missing = (endpoint: Endpoint) => !isPresent(endpoint)

for (const endpoint of (['dynamodb', 's3'] as const).filter(missing))
  new aws.ec2.VpcEndpoint(`Endpoint${endpoint}`, {
    vpcId: network.vpc,
    serviceName: serviceName(endpoint),
    vpcEndpointType: 'Gateway',
    routeTableIds: network.routeTables,
    ...(isOwnVpc && { policy: POLICIES[endpoint]() }),
  })

const INTERFACES: Endpoint[] = [
  'ecr.api',
  'ecr.dkr',
  'logs',
  ...(inputs.shadowSecrets.length > 0 ? ['ssm' as const] : []),
]

for (const endpoint of INTERFACES.filter(missing))
  new aws.ec2.VpcEndpoint(`Endpoint${endpoint}`, {
    vpcId: network.vpc,
    serviceName: serviceName(endpoint),
    vpcEndpointType: 'Interface',
    privateDnsEnabled: true,
    subnetIds: endpointSubnets,
    securityGroupIds: [endpointGroup.id],
    // Of this account only: no way to write into another account’s logs with its keys.
    policy: document([
      {
        principals: anyone,
        actions: ['*'],
        resources: ['*'],
        conditions: [{ test: 'StringEquals', variable: 'aws:PrincipalAccount', values: [account] }],
      },
    ]),
  })
