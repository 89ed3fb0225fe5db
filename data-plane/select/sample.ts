import type { Request } from '../http/exchange.ts'

/**
 * Whether a hash belongs to a share of that many percent. What is in a share is in every larger one; a share that is no
 * number holds nothing.
 */
export const isWithin = (hash: number, percent: number): boolean => hash < (percent / 100) * 2 ** 32

/** So that two experiments do not choose the same users. */
export const seedOf = (experiment: string, key: string): number =>
  finished(mixText(mixText(FIRST, experiment), key))

/**
 * The place of a key in an experiment’s order, evenly spread over 32 bits. It follows from the two alone: tasks, workers
 * and a gateway that was started again agree.
 */
export const keyHash = (seed: number, key: string): number => finished(mixText(mixWord(FIRST, seed), key))

/**
 * The same for a request by itself, out of who sent it, when its first byte was captured and what it asks for: a later
 * look at the same capture agrees too.
 */
export const requestHash = ({ connection, firstAt, method, target }: Request): number => {
  let hash = FIRST
  hash = mixText(hash, connection.client.address)
  hash = mixWord(hash, connection.client.port)
  hash = mixText(hash, connection.server.address)
  hash = mixWord(hash, connection.server.port)
  hash = mixText(hash, method)
  hash = mixText(hash, target)
  const microseconds = Math.round(firstAt * 1000)
  hash = mixWord(hash, microseconds >>> 0)
  hash = mixWord(hash, Math.floor(microseconds / 2 ** 32))
  return finished(hash)
}

/** FNV-1a, its bits then mixed. */
const FIRST = 0x811c9dc5

const finished = (hash: number): number => {
  let mixed = hash
  mixed ^= mixed >>> 16
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  mixed ^= mixed >>> 16
  return mixed >>> 0
}

const mixByte = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193)

const mixText = (hash: number, text: string): number => {
  let mixed = hash
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    mixed = mixByte(mixed, code & 0xff)
    if (code > 0xff) mixed = mixByte(mixed, code >>> 8)
  }
  return mixByte(mixed, 0xff)
}

const mixWord = (hash: number, word: number): number => {
  let mixed = hash
  for (let shift = 0; shift < 32; shift += 8) mixed = mixByte(mixed, (word >>> shift) & 0xff)
  return mixed
}
