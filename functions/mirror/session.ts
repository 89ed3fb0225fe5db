import {
  CreateTrafficMirrorSessionCommand,
  DeleteTrafficMirrorSessionCommand,
  type EC2Client,
  ModifyTrafficMirrorSessionCommand,
  paginateDescribeTrafficMirrorSessions,
  type TrafficMirrorFilter,
  type TrafficMirrorSession,
} from '@aws-sdk/client-ec2'
import { readTags } from '../../contract/ownership.ts'
import type { SessionRecord } from '../experiments/record.ts'
import type { OtherSession } from '../experiments/starvation.ts'
import { rulesOf } from './filter.ts'
import { type ExpiringOwnership, ownTags } from './tags.ts'

const PAGE = 1000

/** All that this account sees, at most 10,000: the numbers that others take matter as much as ours. */
export const describeSessions = async (ec2: EC2Client): Promise<TrafficMirrorSession[]> => {
  const sessions: TrafficMirrorSession[] = []
  for await (const page of paginateDescribeTrafficMirrorSessions({ client: ec2, pageSize: PAGE }, {}))
    sessions.push(...(page.TrafficMirrorSessions ?? []))
  return sessions
}

/** Sessions as others see them: with what their filters take, where these can be seen. */
export const toOthers = (
  sessions: readonly TrafficMirrorSession[],
  filters: readonly TrafficMirrorFilter[],
  deployment: string,
): OtherSession[] => {
  const byId = new Map(filters.map((filter) => [filter.TrafficMirrorFilterId, filter]))
  return sessions.map((session) => {
    const filter = byId.get(session.TrafficMirrorFilterId)
    return {
      eni: session.NetworkInterfaceId ?? '',
      session: session.TrafficMirrorSessionId ?? '',
      number: session.SessionNumber ?? 0,
      ours: readTags(session.Tags, deployment) !== null,
      rules: filter ? rulesOf(filter) : null,
    }
  })
}

/** The same record gives the same request, token included: a retry is answered with the session made before. */
export const createSession = async (
  ec2: EC2Client,
  token: string,
  session: SessionRecord,
  on: { target: string; filter: string; packetLength: number | null },
  ownership: ExpiringOwnership,
): Promise<string> => {
  const answer = await ec2.send(
    new CreateTrafficMirrorSessionCommand({
      ClientToken: token,
      NetworkInterfaceId: session.eni,
      TrafficMirrorTargetId: on.target,
      TrafficMirrorFilterId: on.filter,
      SessionNumber: session.number,
      VirtualNetworkId: session.vni,
      ...(on.packetLength !== null && { PacketLength: on.packetLength }),
      Description: `Shadowmeter ${ownership.experiment}`,
      TagSpecifications: ownTags('traffic-mirror-session', ownership),
    }),
  )
  return answer.TrafficMirrorSession?.TrafficMirrorSessionId ?? ''
}

export const moveSession = async (ec2: EC2Client, session: string, filter: string): Promise<void> => {
  await ec2.send(
    new ModifyTrafficMirrorSessionCommand({ TrafficMirrorSessionId: session, TrafficMirrorFilterId: filter }),
  )
}

export const deleteSession = async (ec2: EC2Client, session: string): Promise<void> => {
  await ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId: session }))
}
