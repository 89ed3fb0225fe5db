import { type FleetSeen, fleetStep } from '../experiments/fleet.ts'
import { loadsOf } from '../experiments/gateway-load.ts'
import { readService, replaceTasks, runningTasks } from '../gateway/service.ts'
import { readFleet, updateFleet } from '../store/fleet.ts'
import { readConfig } from '../store/gateway-config.ts'
import { readReports } from '../store/reports.ts'
import type { ControlPlane } from './control-plane.ts'

/** Two reports of a task, one a minute, and some time for the later one to arrive. */
const REPORTS_BACK_MS = 150_000

/**
 * Looks at what the gateways of all experiments have to do, and takes one step: several may look at once, since what is
 * remembered is written on condition that nobody else did, and a deployment is replaced once.
 */
export const lookAfterFleet = async (plane: ControlPlane): Promise<void> => {
  const { clients, config, settings, table } = plane
  const fleet = await readFleet(table)
  const seen = await look(plane)
  const step = fleetStep(fleet, seen, new Date(plane.now()), settings)
  if (step === null) return
  if ('remember' in step) {
    const { swap, strainedSince, tasks } = step.remember
    if (await updateFleet(table, step.remember))
      plane.log('info', 'gateways', { desired: seen.desired, swap, strainedSince, tasks })
    return
  }
  await replaceTasks(clients.ecs, config, step.replaceBy)
  plane.log('info', 'gateways are replaced', { from: seen.desired, to: step.replaceBy })
}

const look = async ({ clients, config, table, now }: ControlPlane): Promise<FleetSeen> => {
  const { desired, deployment, rolledOut } = await readService(clients.ecs, config)
  const tasksMax = config.gatewaysMax
  if (desired === 0) return { desired, deployment, rolledOut, loads: [], sources: 0, tasksMax }
  const [tasks, reports, { experiments }] = await Promise.all([
    runningTasks(clients.ecs, config),
    readReports(table, now() - REPORTS_BACK_MS, now()),
    readConfig(table),
  ])
  const running = new Set(tasks.map(({ task }) => task))
  const loads = loadsOf(reports.filter(({ task }) => running.has(task)))
  const sources = experiments.reduce((sum, one) => sum + one.sources.length, 0)
  return { desired, deployment, rolledOut, loads, sources, tasksMax }
}
