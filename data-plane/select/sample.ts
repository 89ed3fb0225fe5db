import type { Request } from '../http/exchange.ts'

/**
 * Whether a request belongs to the sampled share. The answer follows from the request alone (who sent it, when its
 * first byte was captured, what it asks for), so that tasks, workers and a later look at the same capture agree.
 */
export const isSampled = (request: Request, percent: number): boolean => {
  if (percent >= 100) return true
  if (!(percent > 0)) return false
  return requestHash(request) < (percent / 100) * 2 ** 32
}

/** FNV-1a over the request's identity, its bits then mixed: evenly spread over 32 bits. */
export const requestHash = ({ connection, firstAt, method, target }: Request): number => {
  let hash = 0x811c9dc5
  hash = mixText(hash, connection.client.address)
  hash = mixWord(hash, connection.client.port)
  hash = mixText(hash, connection.server.address)
  hash = mixWord(hash, connection.server.port)
  hash = mixText(hash, method)
  hash = mixText(hash, target)
  const microseconds = Math.round(firstAt * 1000)
  hash = mixWord(hash, microseconds >>> 0)
  hash = mixWord(hash, Math.floor(microseconds / 2 ** 32))
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return hash >>> 0
}

const mixByte = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193)

const mixText = (hash: number, text: string): number => {
  let mixed = hash
  for (let i = 0; i < text.length; i++) mixed = mixByte(mixed, text.charCodeAt(i) & 0xff)
  return mixByte(mixed, 0xff)
}

const mixWord = (hash: number, word: number): number => {
  let mixed = hash
  for (let shift = 0; shift < 32; shift += 8) mixed = mixByte(mixed, (word >>> shift) & 0xff)
  return mixed
}
