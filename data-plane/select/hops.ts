import { hash } from 'node:crypto'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { isNamed } from './headers.ts'

/** What is seen of one request on its way through production is seen within this time, twice of it at most. */
const WINDOW_MS = 5_000
/** Requests of the present window that are remembered; more begin the next one early. */
const WAITING_MAX = 20_000
/** A hostile client must not fill the memory with ids. */
const ID_MAX = 256
const IDS_MAX = 4

/**
 * Knows a request again that one mirrored source got and has handed on to another, so that it is not forwarded twice. Proof
 * is: the second one’s client is the first one’s address, both carry the same id of a trace or a request, and ask for the
 * same with the same body. Each copy stands for one other, so that of equal requests as many go as clients sent. The one
 * that is captured first goes, which is the outer one unless its packets were late.
 */
export class Hops {
  readonly #sources: ReadonlySet<string>
  readonly #outer: boolean
  /** Requests that a source has got, by its address. */
  readonly #got = new Waiting()
  /** Requests that came from a source, by its address, before what it had got was seen. */
  readonly #sent = new Waiting()

  /**
   * @param sources addresses of the mirrored interfaces
   * @param mode outer: whatever comes from a source was seen there, which needs no memory and no proof
   */
  constructor(sources: Iterable<string>, mode: 'once' | 'outer') {
    this.#sources = new Set(sources)
    this.#outer = mode === 'outer'
  }

  /** Whether another copy of the request was seen before. */
  isSeen({ connection: { client, server }, headers, method, target, body, lastAt }: Request): boolean {
    if (this.#outer) return this.#sources.has(client.address)
    const ids = idsOf(headers)
    if (ids.length === 0) return false
    const content = contentOf(method, target, body)
    let isSeen = false
    if (this.#sources.has(client.address) && client.address !== server.address) {
      isSeen = this.#got.take(`${client.address} ${content}`, ids, lastAt)
      if (!isSeen) this.#sent.add(`${client.address} ${content}`, ids, lastAt)
    }
    if (!this.#sources.has(server.address)) return isSeen
    if (this.#sent.take(`${server.address} ${content}`, ids, lastAt)) return true
    this.#got.add(`${server.address} ${content}`, ids, lastAt)
    return isSeen
  }
}

/** Copies that wait for another one, for a bounded time and in bounded number; each is found by any of its ids. */
class Waiting {
  #now = new Map<string, Copy[]>()
  #before = new Map<string, Copy[]>()
  #count = 0
  #since = Number.NEGATIVE_INFINITY

  add(key: string, ids: readonly string[], at: number): void {
    this.#goOn(at)
    const copy: Copy = { isTaken: false }
    for (const id of ids) {
      const name = `${key} ${id}`
      const known = this.#now.get(name)
      if (known) known.push(copy)
      else this.#now.set(name, [copy])
    }
    this.#count++
  }

  /** Takes one out that has one of these ids. */
  take(key: string, ids: readonly string[], at: number): boolean {
    this.#goOn(at)
    if (this.#now.size + this.#before.size === 0) return false
    for (const id of ids) {
      const name = `${key} ${id}`
      if (takeFrom(this.#before.get(name)) || takeFrom(this.#now.get(name))) return true
    }
    return false
  }

  #goOn(at: number): void {
    const passed = at - this.#since
    if (passed < WINDOW_MS && this.#count < WAITING_MAX) return
    this.#before = passed < 2 * WINDOW_MS ? this.#now : new Map()
    this.#now = new Map()
    this.#count = 0
    this.#since = at
  }
}

type Copy = { isTaken: boolean }

const takeFrom = (copies: Copy[] | undefined): boolean => {
  for (let copy = copies?.pop(); copy; copy = copies?.pop()) {
    if (copy.isTaken) continue
    copy.isTaken = true
    return true
  }
  return false
}

/** A longer target is remembered by its hash. */
const TARGET_MAX = 200

/** The same for the same method, target and body; most requests need no hash for it. */
const contentOf = (method: string, target: string, body: Buffer): string => {
  const asked = target.length > TARGET_MAX ? hash('sha1', target) : target
  return body.length === 0 ? `${method} ${asked}` : `${method} ${asked} ${hash('sha1', body)}`
}

/** Trace Context’s trace id (W3C, section 3.2.2.3), the root of X-Ray’s, and X-Request-Id. */
const idsOf = (headers: RawHeaders): string[] => {
  const ids: string[] = []
  for (let i = 0; i < headers.length && ids.length < IDS_MAX; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    if (name.length === 11 && isNamed(name, 'traceparent')) {
      const [, id] = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(value) ?? []
      if (id !== undefined) ids.push(id)
    } else if (name.length === 12 && isNamed(name, 'x-request-id') && value !== '' && value.length <= ID_MAX)
      ids.push(value)
    else if (name.length === 15 && isNamed(name, 'x-amzn-trace-id')) {
      const [, id] = /(?:^|;)\s?Root=([\w-]{1,64})/.exec(value.slice(0, ID_MAX)) ?? []
      if (id !== undefined) ids.push(id)
    }
  }
  return ids
}
