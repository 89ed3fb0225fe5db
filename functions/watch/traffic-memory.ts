import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { InstanceTraffic } from '../experiments/headroom.ts'
import { readInstanceTraffic } from './instance-traffic.ts'

/** Two weeks look the same for so long; a form that is being filled in asks every few seconds. */
const KEPT_MS = 10 * 60_000
/** Where CloudWatch knew nothing it is asked again sooner: an instance’s first five minutes may be over. */
const UNKNOWN_KEPT_MS = 60_000
/** More instances than this are judged by a sample, spread over all of them. */
const SAMPLE = 48
const REMEMBERED = 10_000

/** Asks CloudWatch for the traffic of instances, and not again for some minutes: each question costs money. */
export class TrafficMemory {
  readonly #known = new Map<string, { traffic: InstanceTraffic; until: number }>()

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
}

const sampled = (instances: readonly string[]): string[] => {
  const step = Math.max(1, instances.length / SAMPLE)
  return Array.from(
    { length: Math.min(SAMPLE, instances.length) },
    (_, at) => instances[Math.floor(at * step)] ?? '',
  )
}
