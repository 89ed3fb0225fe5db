import { AwsError } from '../aws-error.ts'
import { integer, list, required, string, structure } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { RegisteredTarget } from '../rows.ts'
import { action, type Service } from '../service.ts'
import type { State } from '../state.ts'
import type { LoadBalancerDeclaration, TargetGroupDeclaration } from '../world.ts'
import { page } from './page.ts'
import type { Targets } from './targets.ts'

/** For each target group (AWS, quotas of network load balancers). */
const TARGETS_PER_GROUP = 1000

const targetsMember = list(structure({ Id: required(string), Port: integer, AvailabilityZone: string }))

/** Elastic Load Balancing v2, as far as a running load balancer shows itself; making one is infrastructure's job. */
export function elbService(state: State, targets: Targets): Service {
  const { world } = state
  const paging = { Marker: string, PageSize: integer }
  return {
    scope: 'elasticloadbalancing',
    sdkName: 'elasticloadbalancingv2',
    query: {
      namespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
      version: '2015-12-01',
      dialect: 'aws',
    },
    actions: {
      DescribeLoadBalancers: action(
        { LoadBalancerArns: list(string), Names: list(string), ...paging },
        (input) => {
          for (const arn of input.LoadBalancerArns ?? []) loadBalancer(state, arn)
          for (const name of input.Names ?? []) {
            if (!world.loadBalancers.some((row) => row.name === name)) throw notFound('LoadBalancer', name)
          }
          const rows = world.loadBalancers.filter(
            (row) =>
              (input.LoadBalancerArns?.includes(row.arn) ?? true) &&
              (input.Names?.includes(row.name) ?? true),
          )
          const shown = page(rows, input)
          return {
            LoadBalancers: shown.rows.map((row) => loadBalancerXml(state, row)),
            NextMarker: shown.next,
          }
        },
        { readOnly: true },
      ),

      DescribeTargetGroups: action(
        { LoadBalancerArn: string, TargetGroupArns: list(string), Names: list(string), ...paging },
        (input) => {
          for (const arn of input.TargetGroupArns ?? []) targetGroup(state, arn)
          for (const name of input.Names ?? []) {
            if (!world.targetGroups.some((row) => row.name === name)) throw notFound('TargetGroup', name)
          }
          const ofBalancer =
            input.LoadBalancerArn === undefined
              ? undefined
              : loadBalancer(state, input.LoadBalancerArn).listeners.map(
                  (listener) => listener.targetGroupArn,
                )
          const rows = world.targetGroups.filter(
            (row) =>
              (input.TargetGroupArns?.includes(row.arn) ?? true) &&
              (input.Names?.includes(row.name) ?? true) &&
              (ofBalancer?.includes(row.arn) ?? true),
          )
          const shown = page(rows, input)
          return { TargetGroups: shown.rows.map((row) => targetGroupXml(state, row)), NextMarker: shown.next }
        },
        { readOnly: true },
      ),

      DescribeListeners: action(
        { LoadBalancerArn: string, ListenerArns: list(string), ...paging },
        (input) => {
          const all = world.loadBalancers.flatMap((balancer) =>
            balancer.listeners.map((listener) => ({ ...listener, loadBalancerArn: balancer.arn })),
          )
          if (input.LoadBalancerArn === undefined && !input.ListenerArns?.length) {
            throw new AwsError(
              'ValidationError',
              'You must specify either listener ARNs or a load balancer ARN',
            )
          }
          if (input.LoadBalancerArn !== undefined) loadBalancer(state, input.LoadBalancerArn)
          const unknown = input.ListenerArns?.find((arn) => !all.some((row) => row.arn === arn))
          if (unknown !== undefined) throw notFound('Listener', unknown)
          const rows = all.filter(
            (row) =>
              (input.LoadBalancerArn ?? row.loadBalancerArn) === row.loadBalancerArn &&
              (input.ListenerArns?.includes(row.arn) ?? true),
          )
          const shown = page(rows, input)
          return {
            Listeners: shown.rows.map((row) => ({
              ListenerArn: row.arn,
              LoadBalancerArn: row.loadBalancerArn,
              Port: row.port,
              Protocol: row.protocol,
              DefaultActions: [{ Type: 'forward', TargetGroupArn: row.targetGroupArn, Order: 1 }],
            })),
            NextMarker: shown.next,
          }
        },
        { readOnly: true },
      ),

      DescribeTargetHealth: action(
        { TargetGroupArn: required(string), Targets: targetsMember },
        (input) => {
          const group = targetGroup(state, input.TargetGroupArn)
          const rows = state.targets.list().filter((row) => row.groupArn === group.arn)
          const wanted = input.Targets?.map((target) => {
            const port = target.Port ?? group.port
            const row = rows.find((one) => one.id === target.Id && one.port === port)
            return row ? healthXml(group, row) : unregistered(target.Id, port)
          })
          return { TargetHealthDescriptions: wanted ?? rows.map((row) => healthXml(group, row)) }
        },
        { readOnly: true },
      ),

      DescribeTargetGroupAttributes: action(
        { TargetGroupArn: required(string) },
        (input) => ({ Attributes: attributesXml(groupAttributes(targetGroup(state, input.TargetGroupArn))) }),
        { readOnly: true },
      ),

      DescribeLoadBalancerAttributes: action(
        { LoadBalancerArn: required(string) },
        (input) => {
          const balancer = loadBalancer(state, input.LoadBalancerArn)
          return {
            Attributes: attributesXml({
              'load_balancing.cross_zone.enabled': String(
                balancer.crossZone ?? balancer.type === 'application',
              ),
              'deletion_protection.enabled': 'false',
              ...balancer.attributes,
            }),
          }
        },
        { readOnly: true },
      ),

      RegisterTargets: action(
        { TargetGroupArn: required(string), Targets: required(targetsMember) },
        (input) => {
          const group = targetGroup(state, input.TargetGroupArn)
          for (const { Id: id } of input.Targets) {
            const instance = id.startsWith('i-')
            if (instance !== (group.targetType === 'instance') || (instance && !state.instances.get(id))) {
              throw new AwsError(
                'InvalidTarget',
                `The target '${id}' is not valid for target type ${group.targetType}`,
              )
            }
          }
          const registered = state.targets.list().filter((row) => row.groupArn === group.arn).length
          if (registered + input.Targets.length > TARGETS_PER_GROUP) {
            throw new AwsError('TooManyTargets', `A target group has at most ${TARGETS_PER_GROUP} targets`)
          }
          for (const { Id: id, Port: port, AvailabilityZone: zone } of input.Targets) {
            targets.register(group, { id, port: port ?? group.port, availabilityZone: zone ?? null }, 'api')
          }
          return {}
        },
      ),

      DeregisterTargets: action(
        { TargetGroupArn: required(string), Targets: required(targetsMember) },
        (input) => {
          const group = targetGroup(state, input.TargetGroupArn)
          for (const { Id: id, Port: port } of input.Targets)
            targets.deregister(group, id, port ?? group.port)
          return {}
        },
      ),
    },
    refuse({ problem, message }) {
      return new AwsError(problem === 'missing' ? 'MissingParameter' : 'ValidationError', message)
    },
  }
}

function notFound(what: 'LoadBalancer' | 'TargetGroup' | 'Listener', name: string): AwsError {
  return new AwsError(`${what}NotFound`, `${what} '${name}' not found`)
}

function loadBalancer(state: State, arn: string): LoadBalancerDeclaration {
  const row = state.loadBalancer(arn)
  if (!row) throw notFound('LoadBalancer', arn)
  return row
}

function targetGroup(state: State, arn: string): TargetGroupDeclaration {
  const row = state.targetGroup(arn)
  if (!row) throw notFound('TargetGroup', arn)
  return row
}

function loadBalancerXml(state: State, row: LoadBalancerDeclaration): XmlValue {
  return {
    LoadBalancerArn: row.arn,
    DNSName: row.dnsName,
    LoadBalancerName: row.name,
    Scheme: row.scheme,
    VpcId: row.vpcId,
    State: { Code: 'active' },
    Type: row.type,
    AvailabilityZones: row.zones.map(({ subnetId, privateIp }) => ({
      ZoneName: state.subnet(subnetId)?.availabilityZone,
      SubnetId: subnetId,
      LoadBalancerAddresses: row.scheme === 'internal' ? [{ PrivateIPv4Address: privateIp }] : [],
    })),
    IpAddressType: 'ipv4',
  }
}

function targetGroupXml(state: State, row: TargetGroupDeclaration): XmlValue {
  const { healthCheck } = row
  return {
    TargetGroupArn: row.arn,
    TargetGroupName: row.name,
    Protocol: row.protocol,
    ProtocolVersion: row.protocol.startsWith('HTTP') ? (row.protocolVersion ?? 'HTTP1') : undefined,
    Port: row.port,
    VpcId: row.vpcId,
    HealthCheckProtocol: healthCheck.protocol,
    HealthCheckPort: String(healthCheck.port),
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: Math.ceil(healthCheck.intervalSeconds),
    HealthCheckTimeoutSeconds: Math.ceil(healthCheck.timeoutSeconds),
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    HealthCheckPath: healthCheck.protocol === 'HTTP' ? (healthCheck.path ?? '/') : undefined,
    Matcher: healthCheck.protocol === 'HTTP' ? { HttpCode: '200-399' } : undefined,
    LoadBalancerArns: state.world.loadBalancers
      .filter(({ listeners }) => listeners.some((listener) => listener.targetGroupArn === row.arn))
      .map(({ arn }) => arn),
    TargetType: row.targetType,
    IpAddressType: 'ipv4',
  }
}

/** Defaults as AWS has them for a UDP group (client addresses are always kept). */
function groupAttributes(row: TargetGroupDeclaration): Record<string, string> {
  const datagrams = row.protocol === 'UDP' || row.protocol === 'TCP_UDP'
  return {
    'deregistration_delay.timeout_seconds': String(row.deregistrationDelaySeconds ?? 300),
    'deregistration_delay.connection_termination.enabled': String(datagrams),
    'preserve_client_ip.enabled': String(datagrams || row.targetType === 'instance'),
    'proxy_protocol_v2.enabled': 'false',
    'stickiness.enabled': 'false',
    'stickiness.type': 'source_ip',
    ...row.attributes,
  }
}

const attributesXml = (attributes: Readonly<Record<string, string>>): XmlValue =>
  Object.entries(attributes).map(([key, value]) => ({ Key: key, Value: value }))

function healthXml(group: TargetGroupDeclaration, row: RegisteredTarget): XmlValue {
  const { port } = group.healthCheck
  return {
    Target: { Id: row.id, Port: row.port, AvailabilityZone: row.availabilityZone },
    HealthCheckPort: String(row.healthPort ?? (port === 'traffic-port' ? row.port : port)),
    TargetHealth: { State: row.state, Reason: row.reason, Description: row.description },
  }
}

function unregistered(id: string, port: number): XmlValue {
  return {
    Target: { Id: id, Port: port },
    TargetHealth: {
      State: 'unused',
      Reason: 'Target.NotRegistered',
      Description: 'Target is not registered to the target group',
    },
  }
}
