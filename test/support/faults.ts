/** A seeded source of numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export type Faults = {
  drop?: number
  duplicate?: number
  /** How many places a packet may fall back. */
  reorder?: number
  truncate?: number
  corrupt?: number
}

/** The same items as a bad path would deliver them; `survived` says which came through whole at least once. */
export function injectFaults<T extends { frame: Buffer }>(
  items: readonly T[],
  faults: Faults,
  random: () => number,
): { delivered: T[]; survived: Set<T> } {
  const survived = new Set<T>()
  const placed: { item: T; place: number }[] = []
  const put = (item: T, i: number): void => {
    placed.push({ item, place: i + random() * (faults.reorder ?? 0) })
  }
  items.forEach((item, i) => {
    if (random() < (faults.drop ?? 0)) return
    if (random() < (faults.truncate ?? 0)) {
      const length = Math.floor(random() * item.frame.length)
      put({ ...item, frame: item.frame.subarray(0, length) }, i)
      return
    }
    if (random() < (faults.corrupt ?? 0)) {
      const frame = Buffer.from(item.frame)
      const at = Math.floor(random() * frame.length)
      frame[at] = (frame[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      put({ ...item, frame }, i)
      return
    }
    survived.add(item)
    put(item, i)
    while (random() < (faults.duplicate ?? 0)) put(item, i)
  })
  placed.sort((a, b) => a.place - b.place)
  return { delivered: placed.map(({ item }) => item), survived }
}
