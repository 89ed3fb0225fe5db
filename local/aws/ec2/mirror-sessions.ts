import { AwsError } from '../aws-error.ts'
import { ec2Id } from '../ids.ts'
import { boolean, integer, list, oneOf, required, string } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { MirrorSession, MirrorTarget } from '../rows.ts'
import { type Action, action, type Call } from '../service.ts'
import type { State } from '../state.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { checkSource } from './eligibility.ts'
import { dryRunOperation, interfaceNotFound, invalidValue, mirrorNotFound } from './errors.ts'
import { createOnce } from './idempotency.ts'
import { mirrorTagFilters } from './mirror-tag-filters.ts'
import { referenced } from './reference.ts'
import { tagSet, tagSpecificationsMember, tagsAt, tagsOnCreate } from './tag-rules.ts'

const SESSIONS_PER_INTERFACE = 3
const SESSIONS_PER_ACCOUNT = 10_000
/** A hundred on the listed largest sizes; which ones is not modelled. */
const SOURCES_PER_INTERFACE_TARGET = 10
const LARGEST_NUMBER = 32_766
/** Limit and default of PacketLength when the target is a load balancer. */
const LOAD_BALANCER_PACKET_LENGTH = 8500

export function mirrorSessionActions(state: State): Record<string, Action> {
  return {
    CreateTrafficMirrorSession: action(
      {
        NetworkInterfaceId: required(string),
        TrafficMirrorTargetId: required(string),
        TrafficMirrorFilterId: required(string),
        SessionNumber: required(integer),
        PacketLength: integer,
        VirtualNetworkId: integer,
        Description: string,
        TagSpecifications: tagSpecificationsMember,
        ClientToken: string,
        DryRun: boolean,
      },
      (input, call) => {
        const wanted = (id: string): MirrorSession => ({
          id,
          networkInterfaceId: input.NetworkInterfaceId,
          targetId: input.TrafficMirrorTargetId,
          filterId: input.TrafficMirrorFilterId,
          packetLength: input.PacketLength ?? null,
          number: input.SessionNumber,
          virtualNetworkId: input.VirtualNetworkId ?? freeVirtualNetworkId(state),
          description: input.Description ?? null,
        })
        if (input.DryRun) {
          if (state.switches.dryRunChecksEligibility) checked(state, wanted('tms-'))
          throw dryRunOperation()
        }
        const row = createOnce(
          state,
          'CreateTrafficMirrorSession',
          input,
          (id) => state.mirrorSessions.get(id),
          () => {
            const tags = tagsOnCreate(input.TagSpecifications, 'traffic-mirror-session')
            const session = checked(state, wanted(ec2Id(state.random, 'tms')))
            state.mirrorSessions.set(session.id, session)
            state.tags.set(session.id, tags)
            call.created.push(session.id)
            return session
          },
        )
        return { trafficMirrorSession: sessionXml(state, row), clientToken: input.ClientToken }
      },
    ),

    ModifyTrafficMirrorSession: action(
      {
        TrafficMirrorSessionId: required(string),
        TrafficMirrorTargetId: string,
        TrafficMirrorFilterId: string,
        PacketLength: integer,
        SessionNumber: integer,
        VirtualNetworkId: integer,
        Description: string,
        RemoveFields: list(oneOf('packet-length', 'description', 'virtual-network-id'), 'RemoveField'),
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const before = existing(state, input.TrafficMirrorSessionId)
        const removed = new Set(input.RemoveFields)
        const after = checked(state, {
          ...before,
          targetId: input.TrafficMirrorTargetId ?? before.targetId,
          filterId: input.TrafficMirrorFilterId ?? before.filterId,
          number: input.SessionNumber ?? before.number,
          packetLength: removed.has('packet-length') ? null : (input.PacketLength ?? before.packetLength),
          virtualNetworkId: removed.has('virtual-network-id')
            ? freeVirtualNetworkId(state)
            : (input.VirtualNetworkId ?? before.virtualNetworkId),
          description: removed.has('description') ? null : (input.Description ?? before.description),
        })
        state.mirrorSessions.set(after.id, after)
        return { trafficMirrorSession: sessionXml(state, after) }
      },
    ),

    DeleteTrafficMirrorSession: action(
      { TrafficMirrorSessionId: required(string), DryRun: boolean },
      (input, call) => {
        if (input.DryRun) throw dryRunOperation()
        const { id } = existing(state, input.TrafficMirrorSessionId)
        deleteSession(state, id, call)
        return { trafficMirrorSessionId: id }
      },
    ),

    DescribeTrafficMirrorSessions: action(
      {
        TrafficMirrorSessionIds: list(string, 'TrafficMirrorSessionId'),
        Filters: filtersMember,
        MaxResults: integer,
        NextToken: string,
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const lag = state.describeLag
        const rows = chosen(state.mirrorSessions.list(lag), idOf, input.TrafficMirrorSessionIds, (id) =>
          mirrorNotFound(state.switches, 'Session', id),
        )
        const { filters, tagsOf } = mirrorTagFilters(state, input.Filters)
        const shown = page(filtered(rows, filters, readers(state), tagsOf), idOf, input, true)
        return {
          trafficMirrorSessionSet: shown.rows.map((row) =>
            sessionXml(state, row, tagsAt(state, row.id, lag)),
          ),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),
  }
}

/** Ends the session with its tags; also when its interface goes. */
export function deleteSession(state: State, id: string, call: Pick<Call, 'deleted'>): void {
  state.mirrorSessions.delete(id)
  state.tags.delete(id)
  call.deleted.push(id)
}

const idOf = (row: { id: string }) => row.id

const readers = (state: State): Readers<MirrorSession> => ({
  description: (row) => [row.description],
  'network-interface-id': (row) => [row.networkInterfaceId],
  'owner-id': () => [state.world.account],
  'packet-length': (row) => [row.packetLength === null ? null : String(row.packetLength)],
  'session-number': (row) => [String(row.number)],
  'traffic-mirror-filter-id': (row) => [row.filterId],
  'traffic-mirror-session-id': (row) => [row.id],
  'traffic-mirror-target-id': (row) => [row.targetId],
  'virtual-network-id': (row) => [String(row.virtualNetworkId)],
})

function existing(state: State, id: string): MirrorSession {
  const row = referenced(state.mirrorSessions, id, state.referenceLag)
  if (!row) throw mirrorNotFound(state.switches, 'Session', id)
  return row
}

/** The session as it would be, checked against every rule AWS states. The same checks hold for create and modify. */
function checked(state: State, wanted: MirrorSession): MirrorSession {
  const { switches } = state
  const source = referenced(state.networkInterfaces, wanted.networkInterfaceId, state.referenceLag)
  if (!source) throw interfaceNotFound(wanted.networkInterfaceId)
  const target = referenced(state.mirrorTargets, wanted.targetId, state.referenceLag)
  if (!target) throw mirrorNotFound(switches, 'Target', wanted.targetId)
  if (!referenced(state.mirrorFilters, wanted.filterId, state.referenceLag)) {
    throw mirrorNotFound(switches, 'Filter', wanted.filterId)
  }
  if (wanted.number < 1 || wanted.number > LARGEST_NUMBER) {
    throw invalidValue('sessionNumber', wanted.number, `Expecting a value between 1 and ${LARGEST_NUMBER}`)
  }
  checkVirtualNetworkId(state, wanted.virtualNetworkId)
  const packetLength = packetLengthFor(state, target, wanted.packetLength)
  const isNew = state.mirrorSessions.get(wanted.id) === undefined
  if (isNew) checkSource(state, source)
  checkQuotas(state, wanted, target, isNew)
  return { ...wanted, packetLength }
}

function checkQuotas(state: State, wanted: MirrorSession, target: MirrorTarget, isNew: boolean): void {
  const others = state.mirrorSessions.list().filter((session) => session.id !== wanted.id)
  const beside = others.filter((session) => session.networkInterfaceId === wanted.networkInterfaceId)
  if (isNew && beside.length >= SESSIONS_PER_INTERFACE) {
    throw new AwsError(
      'TrafficMirrorSessionsPerInterfaceLimitExceeded',
      `The network interface '${wanted.networkInterfaceId}' already has ${SESSIONS_PER_INTERFACE} traffic mirror sessions`,
    )
  }
  if (isNew && others.length >= SESSIONS_PER_ACCOUNT) {
    throw new AwsError('TrafficMirrorSessionLimitExceeded', `The limit is ${SESSIONS_PER_ACCOUNT} sessions`)
  }
  const clash = beside.find((session) => session.number === wanted.number)
  if (clash) {
    throw new AwsError(
      state.switches.duplicateSessionNumberCode,
      `The session number ${wanted.number} is already being used on '${wanted.networkInterfaceId}' by '${clash.id}'`,
    )
  }
  if (target.kind !== 'network-interface') return
  const sources = new Set(
    others.filter((session) => session.targetId === target.id).map((session) => session.networkInterfaceId),
  )
  if (!sources.has(wanted.networkInterfaceId) && sources.size >= SOURCES_PER_INTERFACE_TARGET) {
    throw new AwsError(
      'TrafficMirrorSourcesPerTargetLimitExceeded',
      `The target '${target.id}' already has ${SOURCES_PER_INTERFACE_TARGET} sources`,
    )
  }
}

function packetLengthFor(state: State, target: MirrorTarget, wanted: number | null): number | null {
  const smallest = state.switches.packetLengthMin
  const limited = target.kind === 'network-load-balancer'
  if (wanted === null) return limited ? LOAD_BALANCER_PACKET_LENGTH : null
  if (wanted < smallest || (limited && wanted > LOAD_BALANCER_PACKET_LENGTH)) {
    const wish = limited
      ? `between ${smallest} and ${LOAD_BALANCER_PACKET_LENGTH}`
      : `of at least ${smallest}`
    throw invalidValue('packetLength', wanted, `Expecting a value ${wish}`)
  }
  return wanted
}

function checkVirtualNetworkId(state: State, vni: number): void {
  const { virtualNetworkIdMax: largest, virtualNetworkIdZero: zero } = state.switches
  const smallest = zero === 'accepted' ? 0 : 1
  if (vni < smallest || vni > largest) {
    throw invalidValue('virtualNetworkId', vni, `Expecting a value between ${smallest} and ${largest}`)
  }
}

/** "An account-wide unique ID is chosen at random" (EC2 API, CreateTrafficMirrorSession). */
function freeVirtualNetworkId(state: State): number {
  const used = new Set(state.mirrorSessions.list().map((session) => session.virtualNetworkId))
  for (;;) {
    const vni = 1 + Math.floor(state.random() * 0xff_fffe)
    if (!used.has(vni)) return vni
  }
}

function sessionXml(state: State, row: MirrorSession, tags = state.tags.get(row.id) ?? {}): XmlValue {
  return {
    trafficMirrorSessionId: row.id,
    trafficMirrorTargetId: row.targetId,
    trafficMirrorFilterId: row.filterId,
    networkInterfaceId: row.networkInterfaceId,
    ownerId: state.world.account,
    packetLength: row.packetLength,
    sessionNumber: row.number,
    virtualNetworkId: row.virtualNetworkId,
    description: row.description,
    tagSet: tagSet(tags),
  }
}
