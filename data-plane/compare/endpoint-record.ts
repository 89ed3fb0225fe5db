import type { DifferenceTally, EndpointTally } from '../../contract/comparison.ts'
import { DurationSketch } from '../telemetry/duration-sketch.ts'
import type { Difference } from './difference.ts'

/** Places of one endpoint told apart; all more of a kind are one place. */
const PLACES_MAX = 60
export const OTHER_PLACES = '…'
/** Pairs of statuses: 100 to 599 on either side, were there no bound. */
const STATUSES_MAX = 60

/** What comparing has found of one endpoint, being counted. */
export class EndpointRecord {
  readonly endpoint: string
  compared = 0
  differing = 0
  failed = 0
  repeated = 0
  readonly production = new DurationSketch()
  readonly shadow = new DurationSketch()
  readonly slower = new DurationSketch()
  readonly faster = new DurationSketch()
  readonly #statuses = new Map<string, number>()
  readonly #places = new Map<string, DifferenceTally>()

  constructor(endpoint: string) {
    this.endpoint = endpoint
  }

  status(production: number, shadow: number | 'failed'): void {
    const pair = `${production}>${shadow}`
    const key = this.#statuses.has(pair) || this.#statuses.size < STATUSES_MAX ? pair : 'other>other'
    this.#statuses.set(key, (this.#statuses.get(key) ?? 0) + 1)
  }

  differences(list: readonly Difference[]): void {
    for (const difference of list) this.#place(difference)[difference.shaped ? 'shaped' : 'count']++
    if (list.some(({ shaped }) => !shaped)) this.differing++
  }

  /** Production has answered the same request again; `list` is in what it differed. */
  repeat(list: readonly Difference[]): void {
    this.repeated++
    for (const difference of list) if (!difference.shaped) this.#place(difference).repeats++
  }

  /** Seconds. */
  latency(production: number, shadow: number): void {
    this.production.count(production)
    this.shadow.count(shadow)
    if (shadow > production) this.slower.count(shadow - production)
    else this.faster.count(production - shadow)
  }

  encode(): EndpointTally {
    return {
      endpoint: this.endpoint,
      compared: this.compared,
      differing: this.differing,
      failed: this.failed,
      statuses: Object.fromEntries(this.#statuses),
      repeated: this.repeated,
      differences: [...this.#places.values()].map((place) => ({ ...place })),
      production: this.production.encode(),
      shadow: this.shadow.encode(),
      slower: this.slower.encode(),
      faster: this.faster.encode(),
    }
  }

  #place({ kind, path }: Difference): DifferenceTally {
    const key = `${kind} ${path}`
    const known = this.#places.get(key)
    if (known) return known
    const isRoom = this.#places.size < PLACES_MAX || path === OTHER_PLACES
    if (!isRoom) return this.#place({ kind, path: OTHER_PLACES, shaped: false })
    const place = { kind, path, count: 0, shaped: 0, repeats: 0 }
    this.#places.set(key, place)
    return place
  }
}
