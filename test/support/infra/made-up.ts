export const ACCOUNT = '111122223333'

type Inputs = Record<string, unknown>

/** What AWS would answer for a created resource, made up: ids end in `-id` where their form does not matter. */
export const madeUp = (type: string, name: string, inputs: Inputs, region: string): Inputs => {
  const arn = (service: string, resource: string, where = `${region}:${ACCOUNT}`) =>
    `arn:aws:${service}:${where}:${resource}`
  const given = String(inputs.name ?? name)
  const kind = type.slice(type.lastIndexOf(':') + 1)
  const service = type.split(':')[1]?.split('/')[0] ?? ''
  const answers: Record<string, () => Inputs> = {
    'aws:iam/role:Role': () => ({ arn: arn('iam', `role/${given}`, `:${ACCOUNT}`) }),
    'aws:lambda/function:Function': () => ({
      arn: arn('lambda', `function:${given}`),
      invokeArn: `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn('lambda', `function:${given}`)}/invocations`,
    }),
    'aws:dynamodb/table:Table': () => ({ arn: arn('dynamodb', `table/${given}`) }),
    'aws:sqs/queue:Queue': () => ({
      arn: arn('sqs', given),
      url: `https://sqs.${region}.amazonaws.com/${ACCOUNT}/${given}`,
    }),
    'aws:sns/topic:Topic': () => ({ arn: arn('sns', given) }),
    'aws:ssm/parameter:Parameter': () => ({ arn: arn('ssm', `parameter${given}`) }),
    'aws:cloudwatch/logGroup:LogGroup': () => ({ arn: arn('logs', `log-group:${given}`) }),
    'aws:ecs/cluster:Cluster': () => ({ arn: arn('ecs', `cluster/${given}`) }),
    // The provider's id of a service is its ARN.
    'aws:ecs/service:Service': () => ({
      id: arn('ecs', `service/${String(inputs.cluster).split('/').at(-1)}/${given}`),
    }),
    'aws:scheduler/scheduleGroup:ScheduleGroup': () => ({ arn: arn('scheduler', `schedule-group/${given}`) }),
    'aws:lb/loadBalancer:LoadBalancer': () => ({
      arn: arn('elasticloadbalancing', `loadbalancer/net/${given}/50dc6c495c0c9188`),
      arnSuffix: `net/${given}/50dc6c495c0c9188`,
      dnsName: `${given}.elb.${region}.amazonaws.com`,
    }),
    'aws:lb/targetGroup:TargetGroup': () => ({
      arn: arn('elasticloadbalancing', `targetgroup/${given}/73e2d6bc24d8a067`),
      arnSuffix: `targetgroup/${given}/73e2d6bc24d8a067`,
    }),
    'aws:apigatewayv2/api:Api': () => ({
      apiEndpoint: `https://${name.toLowerCase()}.execute-api.${region}.amazonaws.com`,
      executionArn: arn('execute-api', name.toLowerCase()),
    }),
    'aws:cloudfront/distribution:Distribution': () => ({
      domainName: `${name.toLowerCase()}.cloudfront.net`,
    }),
    'aws:cloudfront/keyValueStore:KeyValueStore': () => ({
      arn: arn('cloudfront', 'key-value-store/1', `:${ACCOUNT}`),
    }),
    'aws:s3/bucket:Bucket': () => ({
      arn: `arn:aws:s3:::${inputs.bucket ?? name}`,
      bucket: inputs.bucket ?? name,
      bucketRegionalDomainName: `${inputs.bucket ?? name}.s3.${region}.amazonaws.com`,
    }),
    'aws:ec2/trafficMirrorTarget:TrafficMirrorTarget': () => ({
      id: 'tmt-0123456789abcdef0',
      arn: arn('ec2', 'traffic-mirror-target/tmt-0123456789abcdef0'),
    }),
    'aws:ec2/vpc:Vpc': () => ({ id: 'vpc-0123456789abcdef0' }),
    'docker-build:index:Image': () => ({ digest: `sha256:${'0'.repeat(64)}` }),
  }
  return { arn: arn(service, `${kind.toLowerCase()}/${given}`), ...answers[type]?.() }
}
