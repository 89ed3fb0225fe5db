import type { DifferenceTally, EndpointTally } from '../../contract/comparison.ts'
import { DurationSketch } from '../telemetry/duration-sketch.ts'
import { ControlRecord, NO_CONTROL } from './control-record.ts'
import type { Difference } from './difference.ts'
import { isOfData } from './drift.ts'

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
  drifted = 0
  repeated = 0
  readonly production = new DurationSketch()
  readonly shadow = new DurationSketch()
  readonly productionWhole = new DurationSketch()
  readonly shadowWhole = new DurationSketch()
  readonly slower = new DurationSketch()
  readonly faster = new DurationSketch()
  #control: ControlRecord | null = null
  readonly #ages = { sum: 0, squares: 0 }
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

  /** @param hours since the shadow’s data was copied */
  aged(hours: number): void {
    this.#ages.sum += hours
    this.#ages.squares += hours * hours
  }

  /**
   * @param isDrift what older data can explain, it does explain
   * @param age hours since the shadow’s data was copied; null when nobody said
   */
  differences(list: readonly Difference[], isDrift = false, age: number | null = null): void {
    let unexplained = 0
    let drifted = 0
    for (const difference of list) {
      const place = this.#place(difference)
      if (difference.shaped) place.shaped++
      else if (isDrift && isOfData(difference)) {
        place.drifted++
        drifted++
      } else {
        place.count++
        place.ages += age ?? 0
        unexplained++
      }
    }
    if (unexplained > 0) this.differing++
    else if (drifted > 0) this.drifted++
  }

  /**
   * The control, today’s release, was sent the request too; `list` is in what production differs from it.
   *
   * @param isDrift what older data can explain, it does explain
   */
  control(list: readonly Difference[], isDrift: boolean): ControlRecord {
    this.#control ??= new ControlRecord()
    this.#control.controlled++
    for (const difference of list)
      if (!difference.shaped && !(isDrift && isOfData(difference))) this.#place(difference).controls++
    return this.#control
  }

  /** What was counted as unexplained was drift. */
  turnsOutDrift(list: readonly Difference[], age: number | null): void {
    for (const difference of list) {
      if (difference.shaped || !isOfData(difference)) continue
      const place = this.#place(difference)
      place.count--
      place.ages -= age ?? 0
      place.drifted++
    }
    if (list.some((difference) => !difference.shaped && !isOfData(difference))) return
    this.differing--
    this.drifted++
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

  /** Seconds, to the last byte. */
  whole(production: number, shadow: number): void {
    this.productionWhole.count(production)
    this.shadowWhole.count(shadow)
  }

  encode(): EndpointTally {
    return {
      endpoint: this.endpoint,
      compared: this.compared,
      differing: this.differing,
      failed: this.failed,
      drifted: this.drifted,
      ages: { ...this.#ages },
      statuses: Object.fromEntries(this.#statuses),
      repeated: this.repeated,
      differences: [...this.#places.values()].map((place) => ({ ...place })),
      production: this.production.encode(),
      shadow: this.shadow.encode(),
      productionWhole: this.productionWhole.encode(),
      shadowWhole: this.shadowWhole.encode(),
      slower: this.slower.encode(),
      faster: this.faster.encode(),
      ...(this.#control?.encode() ?? NO_CONTROL),
    }
  }

  #place({ kind, path }: Difference): DifferenceTally {
    const key = `${kind} ${path}`
    const known = this.#places.get(key)
    if (known) return known
    const isRoom = this.#places.size < PLACES_MAX || path === OTHER_PLACES
    if (!isRoom) return this.#place({ kind, path: OTHER_PLACES, shaped: false })
    const place = { kind, path, count: 0, shaped: 0, repeats: 0, controls: 0, drifted: 0, ages: 0 }
    this.#places.set(key, place)
    return place
  }
}
