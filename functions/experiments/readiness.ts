/** What an experiment needs beside its ENIs, as it is now. */
export type Ground = Readonly<{
  /** The load balancer has a UDP listener on port 4789. */
  listening: boolean
  crossZone: boolean
  /** Zones of the load balancer’s nodes, and of the subnets in which gateway tasks may run. */
  nodeZones: readonly string[]
  taskZones: readonly string[]
  freeAddresses: number
  runningTasks: number
  /** Mirror sessions and filters that exist in the account and Region, whoever made them. */
  sessions: number
  filters: number
}>

export type Need = Readonly<{ zones: readonly string[]; sessions: number; gateways: number }>

/** Of an account, not adjustable (traffic mirroring guide, quotas). */
const SESSIONS_MAX = 10_000
const FILTERS_MAX = 10_000

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
  const starting = Math.max(0, need.gateways - ground.runningTasks)
  if (starting > ground.freeAddresses)
    problems.push(
      `${starting} gateway tasks have to start, and their subnets have ${ground.freeAddresses} free addresses.`,
    )
  if (ground.sessions + need.sessions > SESSIONS_MAX)
    problems.push(
      `The account has ${ground.sessions} mirror sessions: ${need.sessions} more would pass AWS’s ${SESSIONS_MAX}.`,
    )
  if (ground.filters + 1 > FILTERS_MAX)
    problems.push(`The account has ${ground.filters} mirror filters, and AWS allows ${FILTERS_MAX}.`)
  return { problems, warnings }
}
