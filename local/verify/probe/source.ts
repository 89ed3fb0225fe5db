import {
  CreateTrafficMirrorSessionCommand,
  DescribeInstancesCommand,
  type NetworkInterface,
  paginateDescribeNetworkInterfaces,
} from '@aws-sdk/client-ec2'
import { mirroringOf } from '../../aws/ec2/families.ts'
import { refusalOf } from '../errors.ts'
import { createFilter, createSession, known, LAST_NUMBER } from '../mirroring.ts'
import type { Bench, Finding, Probe } from '../probe.ts'

/** Interfaces that AWS’s guide excludes, or of which nothing says whether they can be mirrored: one of each kind. */
type Candidates = Partial<Record<(typeof KINDS)[number], string>>
const KINDS = ['task', 'balancer', 'other', 'unsupportedType', 'unknownType'] as const
const WORDS: Record<keyof Candidates, string> = {
  task: 'of a Fargate task',
  balancer: 'of a load balancer',
  other: 'of another type than interface',
  unsupportedType: 'of an instance type that cannot be mirrored',
  unknownType: 'of an instance family that no list names',
}

export const source: Probe = {
  switches: [
    'fargateSource',
    'loadBalancerSource',
    'unknownFamilySource',
    'unsupportedInterfaceCode',
    'unsupportedInstanceTypeCode',
    'dryRunChecksEligibility',
  ],
  changes: async (bench) => {
    const found = await candidates(bench)
    return KINDS.filter((kind) => found[kind]).map(
      (kind) =>
        `a mirror session on ${found[kind]} (${WORDS[kind]}), if EC2 lets it, with a filter that mirrors nothing: $0.015`,
    )
  },
  run: async (bench) => {
    const found = await candidates(bench)
    const TrafficMirrorFilterId = await createFilter(bench)
    const codes: Record<string, string | null> = {}
    const dryRun = await dryRunChecks(bench, TrafficMirrorFilterId, found)
    for (const kind of KINDS)
      if (found[kind])
        codes[kind] = await refusalOf(
          createSession(bench, { NetworkInterfaceId: found[kind], TrafficMirrorFilterId }),
        )
    const verdict = (kind: keyof Candidates): Finding<'refused' | 'accepted'> => {
      const code = codes[kind]
      if (code === undefined) return none(kind)
      return code === null ? { value: 'accepted' } : { value: 'refused', note: `it says ${code}` }
    }
    const code = (kind: keyof Candidates): Finding<string> => {
      const said = codes[kind]
      if (said === undefined) return none(kind)
      return said === null ? { unseen: `EC2 takes ${found[kind]}, ${WORDS[kind]}` } : { value: said }
    }
    return {
      fargateSource: verdict('task'),
      loadBalancerSource: verdict('balancer'),
      unknownFamilySource: verdict('unknownType'),
      unsupportedInterfaceCode: code('other'),
      unsupportedInstanceTypeCode: code('unsupportedType'),
      dryRunChecksEligibility: dryRun,
    }
  },
}

const none = (kind: keyof Candidates) => ({ unseen: `no interface ${WORDS[kind]} in the account` })

const BALANCERS = new Set(['load_balancer', 'network_load_balancer', 'gateway_load_balancer'])

const candidates = async ({ account }: Bench): Promise<Candidates> => {
  const { ec2: client } = account.clients
  const found: Candidates = {}
  const onInstances = new Map<string, string>()
  for await (const page of paginateDescribeNetworkInterfaces({ client, pageSize: 1000 }, {}))
    for (const eni of page.NetworkInterfaces ?? []) {
      const id = eni.NetworkInterfaceId ?? ''
      const instance = eni.Attachment?.InstanceId
      if (instance !== undefined) onInstances.set(instance, id)
      const kind = kindOf(eni)
      if (kind) found[kind] ??= id
    }
  const instances = [...onInstances.keys()]
  for (let at = 0; at < instances.length; at += 100) {
    const InstanceIds = instances.slice(at, at + 100)
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ InstanceIds }))
    for (const { InstanceId = '', InstanceType = '' } of Reservations.flatMap(
      ({ Instances = [] }) => Instances,
    )) {
      const mirroring = mirroringOf(InstanceType)
      const id = onInstances.get(InstanceId)
      if (mirroring === 'supported' || id === undefined) continue
      found[mirroring === 'unsupported' ? 'unsupportedType' : 'unknownType'] ??= id
    }
  }
  return found
}

const kindOf = (eni: NetworkInterface): keyof Candidates | undefined => {
  const { InterfaceType: type = '', RequesterId: requester, RequesterManaged: managed, Description } = eni
  if (requester === 'amazon-elb' || BALANCERS.has(type)) return 'balancer'
  if (type !== 'interface') return 'other'
  return managed && /^arn:aws[a-z-]*:ecs:/.test(Description ?? '') ? 'task' : undefined
}

/** Asked with an interface that cannot be a source. */
const dryRunChecks = async (
  bench: Bench,
  TrafficMirrorFilterId: string,
  found: Candidates,
): Promise<Finding<boolean>> => {
  const NetworkInterfaceId = found.other ?? found.unsupportedType
  if (NetworkInterfaceId === undefined) return none('other')
  const { clients, mirrorTarget } = bench.account
  const wish = new CreateTrafficMirrorSessionCommand({
    NetworkInterfaceId,
    TrafficMirrorFilterId,
    TrafficMirrorTargetId: mirrorTarget.TrafficMirrorTargetId,
    SessionNumber: LAST_NUMBER,
    DryRun: true,
  })
  const code = await refusalOf(known(bench, () => clients.ec2.send(wish)))
  return code === 'DryRunOperation' ? { value: false } : { value: true, note: `it says ${code}` }
}
