import { MIRROR_QUOTAS } from '../../contract/mirror-quotas.ts'
import { tasksAtSwap } from './fleet.ts'
import { gatewaysFor, imbalance, type Peak, type TaskCapacity } from './gateway-size.ts'

/** What an experiment needs beside its ENIs, as it is now. */
export type Ground = Readonly<{
  /** The load balancer has a UDP listener on port 4789. */
  listening: boolean
  crossZone: boolean
  /** Zones of the load balancer’s nodes, and of the subnets in which gateway tasks may run. */
  nodeZones: readonly string[]
  taskZones: readonly string[]
  freeAddresses: number
  /** vCPUs that Fargate runs at once for the account, and of these in use; `unread` says why AWS’s default is taken. */
  fargate: Readonly<{ vcpus: number; used: number | null; unread: string | null }>
  runningTasks: number
  /** The most gateway tasks that the deployment may run, and what one carries. */
  tasksMax: number
  taskCapacity: TaskCapacity
  /** Of the other experiments that mirror, or will, in its window. */
  others: Peak & Readonly<{ sources: number }>
  /** Mirror sessions and filters that exist in the account and Region, whoever made them. */
  sessions: number
  filters: number
}>

export type Need = Readonly<{
  zones: readonly string[]
  sessions: number
  gateways: number
  /** Of each gateway task. */
  vcpus: number
  peak: Peak
}>

/** All experiments share the gateways: what they would take at the same time must fit into the largest fleet there may be. */
export const overCapacity = (
  { others, tasksMax, taskCapacity }: Pick<Ground, 'others' | 'tasksMax' | 'taskCapacity'>,
  need: Pick<Need, 'sessions' | 'peak'>,
): string | null => {
  const enis = others.sources + need.sessions
  const peak = others.peakBytesPerSecond + need.peak.peakBytesPerSecond
  const packets = others.peakPacketsPerSecond + need.peak.peakPacketsPerSecond
  const tasks = gatewaysFor(enis, { bytesPerSecond: peak, packetsPerSecond: packets }, taskCapacity)
  if (tasks <= tasksMax) return null
  const beside = others.sources > 0 ? ', other experiments at the same time included' : ''
  const spread = imbalance(tasksMax, enis)
  const room = (taskCapacity.bytesPerSecond * tasksMax) / spread
  const packetRoom = (taskCapacity.packetsPerSecond * tasksMax) / spread
  if (peak <= room && packets > packetRoom)
    return (
      `The gateways would have to take ${thousands(packets)} packets a second at the peak${beside}. They can take ` +
      `${thousands(packetRoom)}: ${tasksMax} tasks at most, ${thousands(taskCapacity.packetsPerSecond)} each, the busiest ` +
      `${spread.toFixed(2)} times their mean. Mirror less, or allow more gateways.`
    )
  return peak > room
    ? `The gateways would have to take ${megabytes(peak)} a second at the peak${beside}. They can take ${megabytes(room)}: ` +
        `${tasksMax} tasks at most, ${megabytes(taskCapacity.bytesPerSecond)} each, the busiest ` +
        `${spread.toFixed(2)} times their mean. Mirror less, or allow more gateways.`
    : `${enis} network interfaces need ${tasks} gateway tasks${beside}, and at most ${tasksMax} may run.`
}

/** Fargate starts no task beyond the account’s quota: the gateways would not come up. */
const overQuota = (
  { fargate: { vcpus, used, unread }, runningTasks }: Ground,
  need: Need,
  starting: number,
): string | null => {
  const busy = used ?? runningTasks * need.vcpus
  if (starting === 0 || busy + starting * need.vcpus <= vcpus) return null
  const says =
    unread === null
      ? `the account’s quota of Fargate On-Demand vCPUs is ${vcpus}`
      : `AWS’s default quota of Fargate On-Demand vCPUs is ${vcpus} (the account’s own could not be read: ${unread})`
  return (
    `${starting} gateway tasks have to start, of ${need.vcpus} vCPU each; ${says}, ${busy} of them in use. ` +
    'Mirror less, or ask Service Quotas for more (L-3032A538).'
  )
}

/** The larger set that takes over from gateways that are full runs beside them: without room for it the losses would stay. */
const overQuotaAtSwap = (
  { fargate: { vcpus, used, unread }, runningTasks, tasksMax }: Ground,
  need: Need,
): string | null => {
  const others = used === null ? 0 : Math.max(0, used - runningTasks * need.vcpus)
  const then = tasksAtSwap(Math.max(need.gateways, runningTasks), tasksMax) * need.vcpus
  if (need.gateways === 0 || unread !== null || others + then <= vcpus) return null
  return (
    `Should the gateways prove too few, a larger set takes over while they still run: ${then} vCPUs for some minutes. ` +
    `The account’s quota of Fargate On-Demand vCPUs is ${vcpus}${others > 0 ? `, ${others} of them in use by others` : ''}: ` +
    'they could not be replaced, and what they lose would stay lost (L-3032A538).'
  )
}

const thousands = (n: number): string => Math.round(n).toLocaleString('en-US')
const megabytes = (bytes: number): string => `${Number((bytes / 1e6).toPrecision(3))} MB`

/** What keeps an experiment from mirroring, or makes it dearer, whatever its ENIs are. */
export const readiness = (ground: Ground, need: Need): { problems: string[]; warnings: string[] } => {
  const problems: string[] = []
  const warnings: string[] = []
  if (!ground.listening)
    problems.push(
      'The load balancer of the gateways has no UDP listener on port 4789: packets would vanish, and be billed.',
    )
  for (const zone of new Set(need.zones)) {
    const node = ground.nodeZones.includes(zone)
    const tasks = ground.taskZones.includes(zone)
    if (node && tasks) continue
    const lacks = node ? 'Gateway tasks have no subnet' : 'The load balancer has no node'
    if (ground.crossZone) warnings.push(`${lacks} in ${zone}: what is mirrored there crosses zones.`)
    else problems.push(`${lacks} in ${zone}, and cross-zone balancing is off: its packets would not arrive.`)
  }
  const full = overCapacity(ground, need)
  if (full !== null) problems.push(full)
  const starting = Math.max(0, need.gateways - ground.runningTasks)
  if (starting > ground.freeAddresses)
    problems.push(
      `${starting} gateway tasks have to start, and their subnets have ${ground.freeAddresses} free addresses.`,
    )
  const quota = overQuota(ground, need, starting)
  if (quota !== null) (ground.fargate.unread === null ? problems : warnings).push(quota)
  const atSwap = quota === null ? overQuotaAtSwap(ground, need) : null
  if (atSwap !== null) warnings.push(atSwap)
  if (ground.sessions + need.sessions > MIRROR_QUOTAS.sessions)
    problems.push(
      `The account has ${ground.sessions} mirror sessions: ${need.sessions} more would pass AWS’s ${MIRROR_QUOTAS.sessions}.`,
    )
  if (ground.filters + 1 > MIRROR_QUOTAS.filters)
    problems.push(
      `The account has ${ground.filters} mirror filters, and AWS allows ${MIRROR_QUOTAS.filters}.`,
    )
  return { problems, warnings }
}
