import { AwsError } from '../aws-error.ts'
import { ec2Id } from '../ids.ts'
import { boolean, integer, list, required, string } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { MirrorTarget } from '../rows.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import type { Tags } from '../world.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation, interfaceNotFound, invalidCombination, mirrorNotFound } from './errors.ts'
import { createOnce } from './idempotency.ts'
import { mirrorTagFilters } from './mirror-tag-filters.ts'
import { referenced } from './reference.ts'
import { tagSet, tagSpecificationsMember, tagsAt, tagsOnCreate } from './tag-rules.ts'

const TARGETS_PER_ACCOUNT = 10_000

export function mirrorTargetActions(state: State): Record<string, Action> {
  return {
    CreateTrafficMirrorTarget: action(
      {
        NetworkInterfaceId: string,
        NetworkLoadBalancerArn: string,
        GatewayLoadBalancerEndpointId: string,
        Description: string,
        TagSpecifications: tagSpecificationsMember,
        ClientToken: string,
        DryRun: boolean,
      },
      (input, call) => {
        if (input.DryRun) throw dryRunOperation()
        const wanted = (id: string): MirrorTarget => {
          const common = { id, description: input.Description ?? null }
          return input.NetworkLoadBalancerArn
            ? { ...common, kind: 'network-load-balancer', loadBalancerArn: input.NetworkLoadBalancerArn }
            : { ...common, kind: 'network-interface', networkInterfaceId: input.NetworkInterfaceId ?? '' }
        }
        const row = createOnce(
          state,
          'CreateTrafficMirrorTarget',
          input,
          (id) => state.mirrorTargets.get(id),
          () => {
            const tags = tagsOnCreate(input.TagSpecifications, 'traffic-mirror-target')
            checkDestination(state, input)
            if (state.mirrorTargets.size >= TARGETS_PER_ACCOUNT) {
              throw new AwsError(
                'TrafficMirrorTargetLimitExceeded',
                `The limit is ${TARGETS_PER_ACCOUNT} targets`,
              )
            }
            const target = wanted(ec2Id(state.random, 'tmt'))
            state.mirrorTargets.set(target.id, target)
            state.tags.set(target.id, tags)
            call.created.push(target.id)
            return target
          },
        )
        return {
          trafficMirrorTarget: targetXml(state, row, state.tags.get(row.id) ?? {}),
          clientToken: input.ClientToken,
        }
      },
    ),

    DeleteTrafficMirrorTarget: action(
      { TrafficMirrorTargetId: required(string), DryRun: boolean },
      (input, call) => {
        if (input.DryRun) throw dryRunOperation()
        const id = input.TrafficMirrorTargetId
        if (!referenced(state.mirrorTargets, id, state.referenceLag))
          throw mirrorNotFound(state.switches, 'Target', id)
        if (state.mirrorSessions.list().some((session) => session.targetId === id)) {
          throw new AwsError(
            'TrafficMirrorTargetInUseException',
            `Traffic mirror sessions use the target '${id}'`,
          )
        }
        state.mirrorTargets.delete(id)
        state.tags.delete(id)
        call.deleted.push(id)
        return { trafficMirrorTargetId: id }
      },
    ),

    DescribeTrafficMirrorTargets: action(
      {
        TrafficMirrorTargetIds: list(string, 'TrafficMirrorTargetId'),
        Filters: filtersMember,
        MaxResults: integer,
        NextToken: string,
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const lag = state.describeLag
        const rows = chosen(state.mirrorTargets.list(lag), idOf, input.TrafficMirrorTargetIds, (id) =>
          mirrorNotFound(state.switches, 'Target', id),
        )
        const { filters, tagsOf } = mirrorTagFilters(state, input.Filters)
        const shown = page(filtered(rows, filters, readers(state), tagsOf), idOf, input, true)
        return {
          trafficMirrorTargetSet: shown.rows.map((row) => targetXml(state, row, tagsAt(state, row.id, lag))),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),
  }
}

const idOf = (row: { id: string }) => row.id

const interfaceOf = (row: MirrorTarget) => (row.kind === 'network-interface' ? row.networkInterfaceId : null)
const balancerOf = (row: MirrorTarget) => (row.kind === 'network-load-balancer' ? row.loadBalancerArn : null)

const readers = (state: State): Readers<MirrorTarget> => ({
  description: (row) => [row.description],
  'network-interface-id': (row) => [interfaceOf(row)],
  'network-load-balancer-arn': (row) => [balancerOf(row)],
  'owner-id': () => [state.world.account],
  'traffic-mirror-target-id': (row) => [row.id],
})

function checkDestination(
  state: State,
  input: {
    NetworkInterfaceId?: string | undefined
    NetworkLoadBalancerArn?: string | undefined
    GatewayLoadBalancerEndpointId?: string | undefined
  },
): void {
  const {
    NetworkInterfaceId: eni,
    NetworkLoadBalancerArn: balancer,
    GatewayLoadBalancerEndpointId: endpoint,
  } = input
  if ([eni, balancer, endpoint].filter((one) => one !== undefined).length !== 1) {
    throw invalidCombination(
      'Exactly one of networkInterfaceId, networkLoadBalancerArn and gatewayLoadBalancerEndpointId is needed',
    )
  }
  if (endpoint !== undefined) {
    throw new AwsError('InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${endpoint}' does not exist`)
  }
  if (eni !== undefined && !state.networkInterfaces.get(eni)) throw interfaceNotFound(eni)
  if (balancer !== undefined && state.loadBalancer(balancer)?.type !== 'network') {
    throw new AwsError('InvalidParameterValue', `The network load balancer '${balancer}' does not exist`)
  }
  const used = state.mirrorTargets.list().find((target) => eni !== undefined && interfaceOf(target) === eni)
  if (used)
    throw new AwsError('InvalidParameterValue', `The interface '${eni}' is in use by target '${used.id}'`)
}

function targetXml(state: State, row: MirrorTarget, tags: Tags): XmlValue {
  return {
    trafficMirrorTargetId: row.id,
    networkInterfaceId: interfaceOf(row),
    networkLoadBalancerArn: balancerOf(row),
    type: row.kind,
    description: row.description,
    ownerId: state.world.account,
    tagSet: tagSet(tags),
  }
}
