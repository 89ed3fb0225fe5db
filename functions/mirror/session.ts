import {
  CreateTrafficMirrorSessionCommand,
  DeleteTrafficMirrorSessionCommand,
  type EC2Client,
  ModifyTrafficMirrorSessionCommand,
  paginateDescribeTrafficMirrorSessions,
  type TrafficMirrorSession,
} from '@aws-sdk/client-ec2'
import type { SessionRecord } from '../experiments/record.ts'
import { type Ownership, ownTags } from './tags.ts'

const PAGE = 1000

/** All that this account sees, at most 10,000: the numbers that others take matter as much as ours. */
export const describeSessions = async (ec2: EC2Client): Promise<TrafficMirrorSession[]> => {
  const sessions: TrafficMirrorSession[] = []
  for await (const page of paginateDescribeTrafficMirrorSessions({ client: ec2, pageSize: PAGE }, {}))
    sessions.push(...(page.TrafficMirrorSessions ?? []))
  return sessions
}

/** The same record gives the same request, token included: a retry is answered with the session made before. */
export const createSession = async (
  ec2: EC2Client,
  token: string,
  session: SessionRecord,
  on: { target: string; filter: string; packetLength: number | null },
  ownership: Ownership,
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
