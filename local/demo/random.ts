/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export type Random = () => number

export const seeded = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** From 0 to `below` - 1. */
export const integer = (random: Random, below: number): number => Math.floor(random() * below)

export const pick = <T>(random: Random, from: readonly T[]): T => {
  const chosen = from[integer(random, from.length)]
  if (chosen === undefined) throw new RangeError('nothing to pick from')
  return chosen
}
