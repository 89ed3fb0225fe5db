/** How much mirrored traffic crosses Availability Zones, and why. */
export type CrossAz = Readonly<{ share: number; because: string }>

const countBy = (zones: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const zone of zones) counts.set(zone, (counts.get(zone) ?? 0) + 1)
  return counts
}

/**
 * With cross-zone balancing a load balancer node hands each flow to any task, wherever it runs; without it to tasks of
 * its own zone only. Sources are weighted equally: traffic per ENI is not known before it is mirrored.
 * @param sources zone of each source ENI
 * @param tasks zone of each gateway task, as far as known
 */
export const crossAzShare = (
  sources: readonly string[],
  tasks: readonly string[],
  crossZone: boolean,
): CrossAz => {
  if (!crossZone)
    return { share: 0, because: 'cross-zone balancing is off: mirrored packets stay in their zone' }
  if (sources.length === 0 || tasks.length === 0)
    return { share: 1, because: 'the zones are not known yet: all mirrored bytes are taken to cross zones' }
  const tasksIn = countBy(tasks)
  const share =
    sources.reduce((sum, zone) => sum + (1 - (tasksIn.get(zone) ?? 0) / tasks.length), 0) / sources.length
  return {
    share,
    because:
      `cross-zone balancing spreads ${sources.length} ENI${sources.length === 1 ? '' : 's'} over gateway tasks in ` +
      `${tasksIn.size} zone${tasksIn.size === 1 ? '' : 's'}: ${Math.round(share * 100)} % of the bytes cross zones`,
  }
}
