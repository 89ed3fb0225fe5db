import { bucketOf, LONGEST_SECONDS, SHORTEST_SECONDS, type Sketch } from '../../contract/sketch.ts'

const FIRST = bucketOf(SHORTEST_SECONDS)
const BUCKETS = bucketOf(LONGEST_SECONDS) - FIRST + 1

/** A sketch being counted: all buckets there are, in one array. */
export class DurationSketch {
  readonly #counts = new Float64Array(BUCKETS)

  count(seconds: number): void {
    const bucket = bucketOf(seconds) - FIRST
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
  }

  /** As it is stored and merged. */
  encode(): Sketch {
    const sketch: number[] = []
    for (let i = 0; i < BUCKETS; i++) {
      const count = this.#counts[i] as number
      if (count > 0) sketch.push(FIRST + i, count)
    }
    return sketch
  }
}
