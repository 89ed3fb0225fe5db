import { AwsError } from '../aws-error.ts'
import type { NetworkInterface } from '../rows.ts'
import type { State } from '../state.ts'
import { mirroringOf } from './families.ts'

/** The two services whose interfaces AWS makes and yet lets be mirrored (traffic mirroring guide, limitations). */
const MIRRORED_REQUESTERS = new Set(['amazon-rds', 'amazon-elasticache'])

const LOAD_BALANCER_TYPES = new Set(['load_balancer', 'network_load_balancer', 'gateway_load_balancer'])

/** Throws when the interface cannot be a source. Codes and some of the rules are switches: no source settles them. */
export function checkSource(state: State, source: NetworkInterface): void {
  const { switches } = state
  const refuse = (code: string, why: string) =>
    new AwsError(code, `The network interface '${source.id}' cannot be a traffic mirror source: ${why}`)
  const isTarget = state.mirrorTargets
    .list()
    .some((target) => target.kind === 'network-interface' && target.networkInterfaceId === source.id)
  if (isTarget) throw refuse(switches.unsupportedInterfaceCode, 'it is a traffic mirror target')
  if (state.subnet(source.subnetId)?.ipv6Only) {
    throw refuse(switches.unsupportedInterfaceCode, 'its subnet is IPv6-only')
  }
  if (isLoadBalancer(source)) {
    if (switches.loadBalancerSource === 'accepted') return
    throw refuse(switches.unsupportedInterfaceCode, 'it belongs to a load balancer')
  }
  if (source.interfaceType !== 'interface') {
    throw refuse(switches.unsupportedInterfaceCode, `its type is ${source.interfaceType}`)
  }
  if (source.requesterManaged && !MIRRORED_REQUESTERS.has(source.requesterId ?? '')) {
    if (source.taskArn && switches.fargateSource === 'accepted') return
    throw refuse(switches.unsupportedInterfaceCode, 'it is requester-managed')
  }
  const instance = source.attachment && state.instances.get(source.attachment.instanceId)
  if (!instance) return
  const verdict = mirroringOf(instance.type)
  if (verdict === 'unsupported' || (verdict === 'unknown' && switches.unknownFamilySource === 'refused')) {
    throw refuse(switches.unsupportedInstanceTypeCode, `instance type ${instance.type} does not support it`)
  }
}

/** An application load balancer's interface has the type `interface`, and amazon-elb as its requester. */
function isLoadBalancer(source: NetworkInterface): boolean {
  return LOAD_BALANCER_TYPES.has(source.interfaceType) || source.requesterId === 'amazon-elb'
}
