import { hash } from 'node:crypto'

/** Copies of one request on its way through production are seen within this time of each other. */
const WINDOW_MS = 5_000
/** Places for names: 2.5 MiB. A copy has as many as it has ids. */
const PLACES = 2 ** 17
/** A name may stand in so many of them; the oldest gives way. */
const WAYS = 8
/** Two words of a name’s hash, the copy that it is of, and when that was seen. */
const WORDS = 4

/** What a name is looked up by: words of a hash. */
export type HashedName = Int32Array

export const hashName = (text: string): HashedName => {
  const digest = hash('sha1', text, 'buffer')
  return Int32Array.of(digest.readInt32LE(0), digest.readInt32LE(4), digest.readInt32LE(8))
}

/** The hash of two names together. */
export const joined = (a: HashedName, b: HashedName): HashedName =>
  Int32Array.of(at(a, 0) ^ at(b, 0), at(a, 1) ^ at(b, 1), at(a, 2) ^ at(b, 2))

/**
 * Copies of requests that wait for another copy, each found by any of its names, for a bounded time and in bounded memory,
 * which all workers of a task share: each copy is taken once, by whichever asks first. Hostile names push out others, no more.
 */
export class WaitingCopies {
  /** To be handed to other threads. */
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #copies: Int32Array
  readonly #places: Int32Array

  /** @param memory as `memoryFor` makes it */
  constructor(memory = memoryFor(PLACES)) {
    const count = placesIn(memory)
    this.memory = memory
    this.#words = new Int32Array(memory, 0, 2)
    this.#copies = new Int32Array(memory, 8, count)
    this.#places = new Int32Array(memory, 8 + 4 * count)
  }

  /** Does something while no other worker looks or changes anything: some microseconds. */
  alone<Result>(work: () => Result): Result {
    while (Atomics.compareExchange(this.#words, 0, 0, 1) !== 0) Atomics.wait(this.#words, 0, 1, 1)
    try {
      return work()
    } finally {
      Atomics.store(this.#words, 0, 0)
      Atomics.notify(this.#words, 0, 1)
    }
  }

  /** @param seenAt milliseconds since the epoch */
  add(names: readonly HashedName[], seenAt: number): void {
    const copy = (at(this.#words, 1) + 1) & 0x7fffffff || 1
    this.#words[1] = copy
    this.#copies[copy % this.#copies.length] = copy
    for (const name of names) {
      const place = this.#placeFor(name, stamp(seenAt))
      this.#places[place] = at(name, 0)
      this.#places[place + 1] = at(name, 1)
      this.#places[place + 2] = copy
      this.#places[place + 3] = stamp(seenAt)
    }
  }

  /** Takes out one that has one of these names. */
  take(names: readonly HashedName[], seenAt: number): boolean {
    for (const name of names) {
      const first = this.#firstOf(name)
      for (let place = first; place < first + WAYS * WORDS; place += WORDS) {
        if (at(this.#places, place) !== at(name, 0) || at(this.#places, place + 1) !== at(name, 1)) continue
        if (!this.#isWaiting(place, stamp(seenAt))) continue
        this.#copies[at(this.#places, place + 2) % this.#copies.length] = 0
        return true
      }
    }
    return false
  }

  /** One that nobody waits in, else the oldest. */
  #placeFor(name: HashedName, now: number): number {
    const first = this.#firstOf(name)
    let oldest = first
    for (let place = first; place < first + WAYS * WORDS; place += WORDS) {
      if (!this.#isWaiting(place, now)) return place
      if (((at(this.#places, place + 2) - at(this.#places, oldest + 2)) | 0) < 0) oldest = place
    }
    return oldest
  }

  #firstOf(name: HashedName): number {
    return ((at(name, 2) >>> 0) % (this.#copies.length / WAYS)) * WAYS * WORDS
  }

  #isWaiting(place: number, now: number): boolean {
    const copy = at(this.#places, place + 2)
    if (copy === 0 || at(this.#copies, copy % this.#copies.length) !== copy) return false
    return Math.abs((now - at(this.#places, place + 3)) | 0) <= WINDOW_MS
  }
}

const at = (words: Int32Array, index: number): number => words[index] as number

/** Milliseconds as a word, which goes round every 49 days. */
const stamp = (milliseconds: number): number => Math.floor(milliseconds) | 0

/** A lock and a count, which copies wait, and the places. */
export const memoryFor = (places: number): SharedArrayBuffer =>
  new SharedArrayBuffer(4 * (2 + places * (1 + WORDS)))

const placesIn = (memory: SharedArrayBuffer): number => (memory.byteLength / 4 - 2) / (1 + WORDS)
