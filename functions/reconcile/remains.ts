import { readTags } from '../../contract/ownership.ts'
import { readService } from '../gateway/service.ts'
import { describeFilters } from '../mirror/filter.ts'
import { describeSessions } from '../mirror/session.ts'
import type { ControlPlane } from './control-plane.ts'
import { sweep } from './sweep.ts'

const LOOK_MS = 5_000

/**
 * Sweeps, then names what experiments of this deployment have left: sessions and filters by id, gateway tasks by number.
 * EC2 may go on showing what is gone: it is looked at again until the deadline (milliseconds since 1970).
 */
export const remainsOf = async (plane: ControlPlane, deadline: number): Promise<string[]> => {
  await sweep(plane)
  for (;;) {
    const remains = await look(plane)
    if (remains.length === 0 || plane.now() + LOOK_MS >= deadline) return remains
    await plane.sleep(LOOK_MS)
  }
}

const look = async ({ clients, config }: ControlPlane): Promise<string[]> => {
  const [sessions, filters, { desired: gateways }] = await Promise.all([
    describeSessions(clients.ec2),
    describeFilters(clients.ec2),
    readService(clients.ecs, config),
  ])
  const isLeft = ({ Tags }: { Tags?: Parameters<typeof readTags>[0] }) =>
    readTags(Tags, config.deployment) !== null
  return [
    ...sessions.filter(isLeft).map(({ TrafficMirrorSessionId: id = '' }) => `mirror session ${id}`),
    ...filters
      .filter((filter) => filter.TrafficMirrorFilterId !== config.parkingFilter && isLeft(filter))
      .map(({ TrafficMirrorFilterId: id = '' }) => `mirror filter ${id}`),
    ...(gateways > 0 ? [`${gateways} gateway tasks`] : []),
  ]
}
