import { hash } from 'node:crypto'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { isNamed } from './headers.ts'
import { type HashedName, hashName, joined, WaitingCopies } from './waiting-copies.ts'

/** A hostile client must not fill the memory with ids. */
const ID_MAX = 256
const IDS_MAX = 4

/**
 * Knows a request again that one mirrored source got and has handed on to another, so that it is not forwarded twice. Proof
 * is: the second one’s client is the first one’s address, both carry the same id of a trace or a request, and ask for the
 * same with the same body. Each copy stands for one other, so that of equal requests as many go as clients sent. The one
 * that is read first goes, which is the outer one unless its packets were late.
 */
export class Hops {
  readonly #outer: boolean
  readonly #experiment: string
  readonly #copies: WaitingCopies
  /** By its address: what a source has got, and what came from it before what it had got was seen. */
  readonly #sources: ReadonlyMap<string, { got: HashedName; sent: HashedName }>

  /**
   * @param sources addresses of the mirrored interfaces
   * @param mode outer: whatever comes from a source was seen there, which needs no memory and no proof
   */
  constructor(
    sources: Iterable<string>,
    mode: 'once' | 'outer',
    experiment: string,
    copies = new WaitingCopies(),
  ) {
    this.#outer = mode === 'outer'
    this.#experiment = experiment
    this.#copies = copies
    this.#sources = new Map(
      Array.from(sources, (address) => [
        address,
        { got: hashName(`got ${address}`), sent: hashName(`sent ${address}`) },
      ]),
    )
  }

  /** Whether another copy of the request was seen before, by this worker or another one of the task. */
  isSeen({ connection: { client, server }, headers, method, target, body, lastAt }: Request): boolean {
    const from = this.#sources.get(client.address)
    if (this.#outer) return from !== undefined
    const to = this.#sources.get(server.address)
    const isFrom = from !== undefined && client.address !== server.address
    if (!isFrom && to === undefined) return false
    const ids = idsOf(headers)
    if (ids.length === 0) return false
    const content = `${this.#experiment} ${contentOf(method, target, body)}`
    const names = ids.map((id) => hashName(`${content} ${id}`))
    const namesAt = (side: HashedName) => names.map((name) => joined(name, side))
    return this.#copies.alone(() => {
      let isSeen = false
      if (isFrom) {
        isSeen = this.#copies.take(namesAt(from.got), lastAt)
        if (!isSeen) this.#copies.add(namesAt(from.sent), lastAt)
      }
      if (to === undefined) return isSeen
      if (this.#copies.take(namesAt(to.sent), lastAt)) return true
      this.#copies.add(namesAt(to.got), lastAt)
      return isSeen
    })
  }
}

/** A longer target is remembered by its hash. */
const TARGET_MAX = 200

/** The same for the same method, target and body; most requests need no hash for it. */
const contentOf = (method: string, target: string, body: Buffer): string => {
  const asked = target.length > TARGET_MAX ? hash('sha1', target) : target
  return body.length === 0 ? `${method} ${asked}` : `${method} ${asked} ${bodyHash(body)}`
}

/** Of a long body its length, beginning and end: with the same id it is the same one. */
const HASHED_MAX = 128 << 10

const bodyHash = (body: Buffer): string =>
  body.length <= HASHED_MAX
    ? hash('sha1', body)
    : `${body.length} ${hash('sha1', body.subarray(0, HASHED_MAX / 2))} ${hash('sha1', body.subarray(-HASHED_MAX / 2))}`

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
