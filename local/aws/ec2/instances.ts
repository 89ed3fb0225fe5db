import { AwsError } from '../aws-error.ts'
import type { CallLog } from '../call-log.ts'
import { boolean, integer, list, required, string } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { Instance } from '../rows.ts'
import { type Action, action, type Call } from '../service.ts'
import type { State } from '../state.ts'
import type { InstanceState } from '../world.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation, invalidCombination } from './errors.ts'
import { deleteInterface, instanceInterfaceXml, interfacesOf, privateDnsName } from './network-interfaces.ts'
import { tagSet, tagsAt } from './tag-rules.ts'

/** Terminated instances are shown for about this long. */
const TERMINATED_SHOWN_MILLISECONDS = 3_600_000

const CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
}

const LASTING: Partial<Record<InstanceState, InstanceState>> = {
  pending: 'running',
  stopping: 'stopped',
  'shutting-down': 'terminated',
}

export function instanceActions(state: State, log: CallLog): Record<string, Action> {
  const change = (
    from: readonly InstanceState[],
    through: InstanceState,
    describe: string,
    input: { InstanceIds: string[]; DryRun?: boolean | undefined },
    call: Call,
  ) => {
    const rows = input.InstanceIds.map((id) => existing(state, id))
    if (input.DryRun) throw dryRunOperation()
    const wrong = rows.find((row) => !from.includes(row.state))
    if (wrong) {
      throw new AwsError(
        'IncorrectInstanceState',
        `The instance '${wrong.id}' is not in a state from which it can be ${describe}.`,
      )
    }
    const changes = rows.map((row) => {
      const already = row.state === through || row.state === LASTING[through]
      const next = already ? row.state : through
      if (!already) begin(state, log, row, through, call)
      return {
        instanceId: row.id,
        currentState: stateXml(next),
        previousState: stateXml(row.state),
      }
    })
    return { instancesSet: changes }
  }
  const ids = { InstanceIds: required(list(string, 'InstanceId')), DryRun: boolean }
  const every: InstanceState[] = ['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped']
  return {
    StartInstances: action(ids, (input, call) =>
      change(['stopped', 'pending', 'running'], 'pending', 'started', input, call),
    ),
    StopInstances: action({ ...ids, Force: boolean }, (input, call) =>
      change(['running', 'stopping', 'stopped'], 'stopping', 'stopped', input, call),
    ),
    TerminateInstances: action(ids, (input, call) =>
      change(every, 'shutting-down', 'terminated', input, call),
    ),

    DescribeInstances: action(
      {
        InstanceIds: list(string, 'InstanceId'),
        Filters: filtersMember,
        MaxResults: integer,
        NextToken: string,
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        if (input.MaxResults !== undefined && input.InstanceIds?.length) {
          throw invalidCombination('The parameter instancesSet cannot be used with the parameter maxResults')
        }
        const lag = state.describeLag
        const rows = chosen(state.instances.list(lag), idOf, input.InstanceIds, notFound)
        const tagsOf = (row: Instance) => tagsAt(state, row.id, lag)
        const shown = page(filtered(rows, input.Filters, readers(state), tagsOf), idOf, input, false)
        return {
          reservationSet: shown.rows.map((row) => ({
            reservationId: `r-${row.id.slice('i-'.length)}`,
            ownerId: state.world.account,
            groupSet: [],
            instancesSet: [instanceXml(state, row, lag)],
          })),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),
  }
}

/** Instances that a restart found between two states go on to the later one. */
export function resumeTransitions(state: State, log: CallLog): void {
  for (const row of state.instances.list()) {
    if (LASTING[row.state]) finishLater(state, log, row.id, row.state)
    if (row.state === 'terminated') forgetLater(state, row.id)
  }
}

function begin(state: State, log: CallLog, row: Instance, through: InstanceState, call: Call): void {
  state.instances.set(row.id, {
    ...row,
    state: through,
    ...(through === 'pending' && { launchedAt: state.clock.now() }),
    stateReason: through === 'pending' ? null : 'Client.UserInitiatedShutdown: User initiated shutdown',
  })
  if (through === 'shutting-down') releaseInterfaces(state, row.id, call)
  tellState(state, row.id, through)
  finishLater(state, log, row.id, through)
}

function finishLater(state: State, log: CallLog, id: string, through: InstanceState): void {
  const lasting = LASTING[through]
  state.clock.setTimer(state.switches.instanceTransitionSeconds * 1000, () => {
    const row = state.instances.get(id)
    if (!lasting || row?.state !== through) return
    state.instances.set(id, { ...row, state: lasting })
    log.event('ec2', `Instance ${lasting}`, { InstanceId: id }, [], [])
    tellState(state, id, lasting)
    if (lasting === 'terminated') forgetLater(state, id)
  })
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html */
function tellState(state: State, id: string, name: InstanceState): void {
  state.tell({
    source: 'aws.ec2',
    detailType: 'EC2 Instance State-change Notification',
    resources: [state.arn('ec2', `instance/${id}`)],
    detail: { 'instance-id': id, state: name },
  })
}

function forgetLater(state: State, id: string): void {
  state.clock.setTimer(TERMINATED_SHOWN_MILLISECONDS, () => {
    state.instances.delete(id)
    state.tags.delete(id)
  })
}

/** Interfaces marked to go with the instance go (and so do their sessions); others are left unattached. */
function releaseInterfaces(state: State, instanceId: string, call: Call): void {
  for (const row of interfacesOf(state, instanceId)) {
    if (row.attachment?.deleteOnTermination) deleteInterface(state, row.id, call)
    else state.networkInterfaces.set(row.id, { ...row, attachment: null })
  }
}

const idOf = (row: { id: string }) => row.id

const notFound = (id: string): AwsError =>
  new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)

function existing(state: State, id: string): Instance {
  const row = state.instances.get(id)
  if (!row) throw notFound(id)
  return row
}

const stateXml = (name: InstanceState): XmlValue => ({ code: CODES[name], name })

const readers = (state: State): Readers<Instance> => ({
  'availability-zone': (row) => [state.subnet(row.subnetId)?.availabilityZone],
  'image-id': (row) => [row.imageId],
  'instance-id': (row) => [row.id],
  'instance-state-code': (row) => [String(CODES[row.state])],
  'instance-state-name': (row) => [row.state],
  'instance-type': (row) => [row.type],
  'network-interface.network-interface-id': (row) => interfacesOf(state, row.id).map(idOf),
  'owner-id': () => [state.world.account],
  'private-ip-address': (row) => interfacesOf(state, row.id).map((one) => one.privateIp),
  'subnet-id': (row) => [row.subnetId],
  'vpc-id': (row) => [state.subnet(row.subnetId)?.vpcId],
})

function instanceXml(state: State, row: Instance, lag: number): XmlValue {
  const subnet = state.subnet(row.subnetId)
  const interfaces = interfacesOf(state, row.id, lag)
  const primary = interfaces[0]
  const alive = row.state !== 'terminated'
  return {
    instanceId: row.id,
    imageId: row.imageId,
    instanceState: stateXml(row.state),
    privateDnsName: primary && privateDnsName(primary.privateIp),
    instanceType: row.type,
    launchTime: new Date(row.launchedAt),
    placement: { availabilityZone: subnet?.availabilityZone, tenancy: 'default' },
    monitoring: { state: row.detailedMonitoring ? 'enabled' : 'disabled' },
    subnetId: alive ? row.subnetId : undefined,
    vpcId: alive ? subnet?.vpcId : undefined,
    privateIpAddress: primary?.privateIp,
    stateReason: row.stateReason
      ? { code: row.stateReason.split(':')[0], message: row.stateReason }
      : undefined,
    networkInterfaceSet: interfaces.map((one) => instanceInterfaceXml(state, one)),
    tagSet: tagSet(tagsAt(state, row.id, lag)),
  }
}
