import { hkdfSync } from 'node:crypto'

/** What an experiment’s tasks recognise each other and its copies by. */
export type NeighbourKeys = {
  /** Names the experiment in a datagram. */
  readonly tag: string
  readonly mac: Buffer
}

/** From the key that only the experiment’s tasks have, one for each purpose (RFC 5869). */
const derived = (key: string, experiment: string, purpose: string, bytes: number): Buffer =>
  Buffer.from(
    hkdfSync('sha256', Buffer.from(key, 'base64'), experiment, `shadowmeter hops ${purpose}`, bytes),
  )

export const TAG_BYTES = 8

export const neighbourKeys = (experiment: string, key: string): NeighbourKeys => ({
  tag: derived(key, experiment, 'tag', TAG_BYTES).toString('hex'),
  mac: derived(key, experiment, 'mac', 32),
})

/** Stands before what copies of an experiment are named by, so that nobody without its key can try names. */
export const namesOf = (experiment: string, key: string | null): string =>
  key === null ? experiment : derived(key, experiment, 'names', 32).toString('base64')
