import { type Fleet, type FleetSeen, fleetStep, isSwapNear } from '../experiments/fleet.ts'
import { loadsOf } from '../experiments/gateway-load.ts'
import { isSettled } from '../experiments/slack.ts'
import { zonesOf } from '../gateway/entrance.ts'
import { readFargateQuota } from '../gateway/quota.ts'
import { isCrossZone, readService, replaceTasks, runningTasks } from '../gateway/service.ts'
import { listActive, readRecord } from '../store/experiments.ts'
import { readFleet, updateFleet } from '../store/fleet.ts'
import type { ControlPlane } from './control-plane.ts'
import { introduceTasks } from './introduce.ts'

/** Two reports of a task, one a minute, and some time for the later one to arrive. */
const REPORTS_BACK_MS = 150_000

/**
 * Looks at what the gateways of all experiments have to do, and takes one step: several may look at once, since what is
 * remembered is written on condition that nobody else did, and a deployment is replaced once.
 */
export const lookAfterFleet = async (plane: ControlPlane): Promise<void> => {
  const { clients, config, settings, table } = plane
  const fleet = await readFleet(table)
  const seen = await look(plane, fleet)
  const step = fleetStep(fleet, seen, new Date(plane.now()), settings)
  if (step === null) return
  if ('remember' in step) {
    const { swap, strainedSince, slackSince, tasks } = step.remember
    if (await updateFleet(table, step.remember))
      plane.log('info', 'gateways', { desired: seen.desired, swap, strainedSince, slackSince, tasks })
    return
  }
  await replaceTasks(clients.ecs, config, step.replaceBy)
  plane.log('info', 'gateways are replaced', { from: seen.desired, to: step.replaceBy })
}

const look = async (plane: ControlPlane, fleet: Fleet): Promise<FleetSeen> => {
  const { clients, config, table, published, reports: written, now } = plane
  const { desired, deployment, rolledOut, subnets } = await readService(clients.ecs, config)
  const service = { desired, deployment, rolledOut, tasksMax: config.gatewaysMax }
  if (desired === 0) {
    await introduceTasks(table, [], [])
    return { ...service, loads: [], sources: 0, tasksMin: 0, settled: null, room: null }
  }
  const [tasks, reports, { experiments }, tasksMin, settled, room] = await Promise.all([
    runningTasks(clients.ecs, config),
    written.read(now() - REPORTS_BACK_MS, now()),
    published.read(),
    // One task cannot become fewer.
    desired > 1 ? leastTasks(plane, subnets) : 1,
    desired > 1 ? settledNow(plane) : null,
    isSwapNear(fleet) ? roomFor(plane, desired) : null,
  ])
  await introduceTasks(table, tasks, reports)
  const running = new Set(tasks.map(({ task }) => task))
  const loads = loadsOf(reports.filter(({ task }) => running.has(task)))
  const sources = experiments.reduce((sum, one) => sum + one.sources.length, 0)
  return { ...service, loads, sources, tasksMin, settled, room }
}

/** One for each zone that tasks may run in, where packets do not cross zones. */
const leastTasks = async ({ clients, config }: ControlPlane, subnets: readonly string[]): Promise<number> =>
  (await isCrossZone(clients.elb, config.loadBalancer)) ? 1 : (await zonesOf(clients.ec2, subnets)).length

/** Experiments that need gateways, when all of them have settled; null while one has not, or there is none. */
const settledNow = async ({ table, now, settings }: ControlPlane): Promise<string[] | null> => {
  const ids: string[] = []
  for (const { id } of await listActive(table)) {
    const record = await readRecord(table, id)
    const phase = record?.experiment.phase
    if (!record || phase === 'scheduled' || phase === 'ended') continue
    if (!isSettled(record, new Date(now()), settings)) return null
    ids.push(id)
  }
  return ids.length > 0 ? ids : null
}

/** Old and new tasks run at the same time: an announced set that Fargate does not start would only keep pairing off. */
const roomFor = async (
  { clients, config, now, log }: ControlPlane,
  desired: number,
): Promise<number | null> => {
  const { vcpus, used, unread } = await readFargateQuota(clients, new Date(now()))
  if (unread !== null) return null
  const each = config.gatewaySize.vcpus
  const room = Math.max(0, Math.floor((vcpus - (used ?? desired * each)) / each))
  if (room <= desired)
    log('warn', 'the Fargate quota leaves no larger set of gateways', { vcpus, used, desired, room })
  return room
}
