import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorSessionCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2'
import * as world from '../aws-world.ts'

export const EXPERIMENT = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'

/** A mirror session with its filter, tagged as an experiment of a deployment would tag them, for another hour. */
export const mirrorFor = async (ec2: EC2Client, deployment: string) => {
  const Tags = Object.entries({
    'managed-by': 'shadowmeter',
    deployment,
    'experiment-id': EXPERIMENT,
    'expires-at': new Date(Date.now() + 3_600_000).toISOString(),
  }).map(([Key, Value]) => ({ Key, Value }))
  const { TrafficMirrorFilter: filter } = await ec2.send(
    new CreateTrafficMirrorFilterCommand({
      TagSpecifications: [{ ResourceType: 'traffic-mirror-filter', Tags }],
    }),
  )
  const { TrafficMirrorSession: session } = await ec2.send(
    new CreateTrafficMirrorSessionCommand({
      NetworkInterfaceId: world.eni(1),
      TrafficMirrorTargetId: world.mirrorTargetId,
      TrafficMirrorFilterId: filter?.TrafficMirrorFilterId,
      SessionNumber: 1,
      TagSpecifications: [{ ResourceType: 'traffic-mirror-session', Tags }],
    }),
  )
  return { filter: filter?.TrafficMirrorFilterId ?? '', session: session?.TrafficMirrorSessionId ?? '' }
}
