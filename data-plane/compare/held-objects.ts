import { hash } from 'node:crypto'

/**
 * Ids of the objects that production has written and the shadow has not been told of, as a Bloom filter (Bloom 1970): 1 MiB
 * whatever the traffic, shared by all workers of a task, and no id can be read out of it. It says of one id in a hundred
 * that it is in there wrongly when full; more are not added then.
 */
const BITS = 2 ** 23
const PROBES = 4
export const IDS_MAX = 500_000

/** An id as it is looked up: hashed once. */
export type HashedId = Uint32Array

/** @param experiment ids of one say nothing about another’s */
export const hashId = (experiment: string, id: string): HashedId => {
  const digest = hash('sha1', `${experiment}\0${id}`, 'buffer')
  return Uint32Array.from({ length: PROBES }, (_, i) => digest.readUInt32LE(4 * i) % BITS)
}

export class HeldObjects {
  /** To be handed to other threads: the filter, and before it how many ids were added. */
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(memory = new SharedArrayBuffer(4 + BITS / 8)) {
    this.memory = memory
    this.#words = new Int32Array(memory)
  }

  get isFull(): boolean {
    return Atomics.load(this.#words, 0) >= IDS_MAX
  }

  /** For when nobody asks any more. */
  clear(): void {
    this.#words.fill(0)
  }

  add(id: HashedId): void {
    if (this.isFull || this.has(id)) return
    for (const bit of id) Atomics.or(this.#words, 1 + (bit >>> 5), 1 << (bit & 31))
    Atomics.add(this.#words, 0, 1)
  }

  has(id: HashedId): boolean {
    return id.every((bit) => (Atomics.load(this.#words, 1 + (bit >>> 5)) & (1 << (bit & 31))) !== 0)
  }
}
