import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { PacketPath } from '../../contract/evidence.ts'
import { processedBytes } from '../billing/load-balancer.ts'
import type { SessionRecord } from '../experiments/record.ts'
import type { TaskTotal } from '../store/tasks.ts'
import { MIRRORED, QUERIES_MAX, SKIPPED } from '../watch/metrics.ts'
import { readTotals, type Span } from '../watch/totals.ts'

type Watched = Omit<PacketPath, 'datagrams' | 'packets' | 'gapBytes'>

/** What only CloudWatch knows where nothing was mirrored, or it does not answer. */
export const UNWATCHED: Watched = { sources: null, processedBytes: null }

/** Instances that one call can be asked about: what a package costs is bounded. */
const INSTANCES_MAX = Math.floor(QUERIES_MAX / (MIRRORED.length + SKIPPED.length))

/** What sources and load balancer count themselves, between the first packet and the last. @throws the SDK’s errors */
export const watchedPath = async (
  cloudwatch: CloudWatchClient,
  loadBalancer: string,
  sessions: readonly SessionRecord[],
  span: Span,
): Promise<Watched> => ({
  sources: await readSources(cloudwatch, sessions, span),
  processedBytes: await processedBytes(cloudwatch, loadBalancer, span),
})

/** What the gateways have counted. */
export const countedPath = (tasks: readonly TaskTotal[]): Omit<PacketPath, keyof Watched> => ({
  datagrams: addAll(tasks.map(({ datagrams }) => datagrams)),
  packets: addAll(tasks.map(({ packets }) => packets)),
  gapBytes: tasks.reduce((sum, { gapBytes }) => sum + gapBytes, 0),
})

const readSources = async (
  cloudwatch: CloudWatchClient,
  sessions: readonly SessionRecord[],
  span: Span,
): Promise<PacketPath['sources']> => {
  const all = [...new Set(sessions.flatMap(({ instance }) => instance ?? []))]
  const instances = all.slice(0, INSTANCES_MAX)
  if (instances.length === 0) return null
  const metrics = instances.flatMap((InstanceId) =>
    [...MIRRORED, ...SKIPPED].map((name) => ({ namespace: 'AWS/EC2', name, dimensions: { InstanceId } })),
  )
  const totals = await readTotals(cloudwatch, metrics, span)
  if (totals.every((total) => total === null)) return null
  const bytes = (names: readonly string[]): number =>
    metrics.reduce((sum, { name }, n) => sum + (names.includes(name) ? (totals[n] ?? 0) : 0), 0)
  return {
    instances: instances.length,
    of: all.length,
    mirroredBytes: bytes(MIRRORED),
    skippedBytes: bytes(SKIPPED),
  }
}

const addAll = (counts: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sum: Record<string, number> = {}
  for (const one of counts)
    for (const [name, n] of Object.entries(one)) if (n > 0) sum[name] = (sum[name] ?? 0) + n
  return sum
}
