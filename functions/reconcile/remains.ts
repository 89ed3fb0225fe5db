import { readDesired } from '../gateway/service.ts'
import { describeFilters } from '../mirror/filter.ts'
import { describeSessions } from '../mirror/session.ts'
import { readTags } from '../mirror/tags.ts'
import type { ControlPlane } from './control-plane.ts'
import { sweep } from './sweep.ts'

/** How long a deleted session may still be shown. */
const PATIENCE_MS = 60_000
const LOOK_MS = 5_000

/**
 * Sweeps, then names what of this deployment is still there although nothing may be: sessions and filters by id, gateways
 * by number. EC2 may show for a while what is gone: it is looked at again for a minute.
 */
export const remainsOf = async (plane: ControlPlane): Promise<string[]> => {
  await sweep(plane)
  const until = plane.now() + PATIENCE_MS
  for (;;) {
    const remains = await look(plane)
    if (remains.length === 0 || plane.now() + LOOK_MS > until) return remains
    await plane.sleep(LOOK_MS)
  }
}

const look = async ({ clients, config }: ControlPlane): Promise<string[]> => {
  const [sessions, filters, gateways] = await Promise.all([
    describeSessions(clients.ec2),
    describeFilters(clients.ec2),
    readDesired(clients.ecs, config),
  ])
  const isOurs = ({ Tags }: { Tags?: Parameters<typeof readTags>[0] }) =>
    readTags(Tags, config.deployment) !== null
  return [
    ...sessions.filter(isOurs).map(({ TrafficMirrorSessionId: id = '' }) => `mirror session ${id}`),
    ...filters.filter(isOurs).map(({ TrafficMirrorFilterId: id = '' }) => `mirror filter ${id}`),
    ...(gateways > 0 ? [`${gateways} gateway tasks`] : []),
  ]
}
