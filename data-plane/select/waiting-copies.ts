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

/** How long a name is in a message. */
export const NAME_BYTES = 12

export const writeName = (name: HashedName, to: Buffer, offset: number): void => {
  for (const [i, word] of name.entries()) to.writeInt32BE(word, offset + 4 * i)
}

export const readName = (from: Buffer, offset: number): HashedName =>
  Int32Array.of(from.readInt32BE(offset), from.readInt32BE(offset + 4), from.readInt32BE(offset + 8))

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

  /** Takes out one that has one of these names; false when none waits. */
  take(names: readonly HashedName[], seenAt: number): boolean {
    const copy = this.#find(names, seenAt)
    if (copy !== 0) this.#copies[copy % this.#copies.length] = 0
    return copy !== 0
  }

  /** Like `take`, but its place is kept: says which one it is, for `giveBack`; 0 when none waits. */
  lend(names: readonly HashedName[], seenAt: number): number {
    const copy = this.#find(names, seenAt)
    if (copy !== 0) this.#copies[copy % this.#copies.length] = -copy
    return copy
  }

  /** What was lent waits again, for as long as it would have, unless newer ones have its place. */
  giveBack(copy: number): void {
    const place = copy % this.#copies.length
    if (at(this.#copies, place) === -copy) this.#copies[place] = copy
  }

  /** The number of one that waits and has one of these names; 0 when there is none. */
  #find(names: readonly HashedName[], seenAt: number): number {
    for (const name of names) {
      const first = this.#firstOf(name)
      for (let place = first; place < first + WAYS * WORDS; place += WORDS) {
        if (at(this.#places, place) !== at(name, 0) || at(this.#places, place + 1) !== at(name, 1)) continue
        if (this.#isWaiting(place, stamp(seenAt))) return at(this.#places, place + 2)
      }
    }
    return 0
  }

  /** One that nobody waits in, else the oldest. */
  #placeFor(name: HashedName, now: number): number {
    const first = this.#firstOf(name)
    let oldest = first
    for (let place = first; place < first + WAYS * WORDS; place += WORDS) {
      if (!this.#isWaiting(place, now) && !this.#isLent(place, now)) return place
      if (((at(this.#places, place + 2) - at(this.#places, oldest + 2)) | 0) < 0) oldest = place
    }
    return oldest
  }

  #firstOf(name: HashedName): number {
    return ((at(name, 2) >>> 0) % (this.#copies.length / WAYS)) * WAYS * WORDS
  }

  #isWaiting(place: number, now: number): boolean {
    const copy = at(this.#places, place + 2)
    return copy !== 0 && at(this.#copies, copy % this.#copies.length) === copy && this.#isRecent(place, now)
  }

  #isLent(place: number, now: number): boolean {
    const copy = at(this.#places, place + 2)
    return copy !== 0 && at(this.#copies, copy % this.#copies.length) === -copy && this.#isRecent(place, now)
  }

  #isRecent(place: number, now: number): boolean {
    return Math.abs((now - at(this.#places, place + 3)) | 0) <= WINDOW_MS
  }
}

const at = (words: Int32Array, index: number): number => words[index] as number

/** Milliseconds as a word, which goes round every 49 days. */
const stamp = (milliseconds: number): number => Math.floor(milliseconds) | 0

/** A lock and a count, which copies wait (their number) or are lent (less than 0), and the places. */
export const memoryFor = (places: number): SharedArrayBuffer =>
  new SharedArrayBuffer(4 * (2 + places * (1 + WORDS)))

const placesIn = (memory: SharedArrayBuffer): number => (memory.byteLength / 4 - 2) / (1 + WORDS)
