import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { InstanceTraffic } from '../experiments/headroom.ts'
import { readInstanceTraffic } from './instance-traffic.ts'
import { type FoundGroup, readTargetGroups, type Targets } from './target-groups.ts'

/** Two weeks look the same for so long; a form that is being filled in asks every few seconds. */
const KEPT_MS = 10 * 60_000
/** Where CloudWatch knew nothing it is asked again sooner: an instance’s first five minutes may be over. */
const UNKNOWN_KEPT_MS = 60_000
/** More instances than this are judged by a sample, spread over all of them. */
const SAMPLE = 48
const REMEMBERED = 10_000
const GROUPS_REMEMBERED = 100

/** Asks CloudWatch for the traffic of instances and target groups, and not again for some minutes: each question costs money. */
export class TrafficMemory {
  readonly #known = new Map<string, { traffic: InstanceTraffic; until: number }>()
  readonly #groups = new Map<string, { found: FoundGroup[]; until: number }>()

  /** Of all instances, or of a sample of many. */
  async of(
    cloudWatch: CloudWatchClient,
    instances: readonly string[],
    now: Date,
  ): Promise<Map<string, InstanceTraffic>> {
    const asked = sampled(instances)
    const at = now.getTime()
    const unknown = asked.filter((instance) => (this.#known.get(instance)?.until ?? 0) <= at)
    if (this.#known.size + unknown.length > REMEMBERED) this.#known.clear()
    for (const [instance, traffic] of await readInstanceTraffic(cloudWatch, unknown, now))
      this.#known.set(instance, { traffic, until: at + (traffic ? KEPT_MS : UNKNOWN_KEPT_MS) })
    return new Map(asked.map((instance) => [instance, this.#known.get(instance)?.traffic ?? null]))
  }

  /** Target groups that the targets are in. */
  async groupsOf(
    clients: { elb: ElasticLoadBalancingV2Client; cloudwatch: CloudWatchClient },
    targets: Targets,
    now: Date,
  ): Promise<FoundGroup[]> {
    const key = JSON.stringify(targets)
    const known = this.#groups.get(key)
    if (known && known.until > now.getTime()) return known.found
    const found = await readTargetGroups(clients, targets, now)
    if (this.#groups.size >= GROUPS_REMEMBERED) this.#groups.clear()
    this.#groups.set(key, { found, until: now.getTime() + UNKNOWN_KEPT_MS })
    return found
  }
}

const sampled = (instances: readonly string[]): string[] => {
  const step = Math.max(1, instances.length / SAMPLE)
  return Array.from(
    { length: Math.min(SAMPLE, instances.length) },
    (_, at) => instances[Math.floor(at * step)] ?? '',
  )
}
