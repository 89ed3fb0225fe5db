import { hash } from 'node:crypto'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { isNamed } from './headers.ts'
import { type HashedName, hashName, joined, WaitingCopies } from './waiting-copies.ts'

/** A hostile client must not fill the memory with ids. */
const ID_MAX = 256
const IDS_MAX = 4

/** What a source got, and what it sent. */
type Sides = { got: HashedName; sent: HashedName }

/** What another copy is looked for by, what this one is known by when it goes, and when it was captured. */
export type CopyNames = { got: readonly HashedName[]; sent: readonly HashedName[]; seenAt: number }

/** Other tasks, which may have read another copy: `neighbours/questions.ts`. Times are of any one clock. */
export type OtherTasks = {
  /** Off: there are none. */
  readonly isOn: boolean
  readonly counts: { unasked: number }
  hasRoom(request: Request): boolean
  /** Holds a request until they have been asked for its other copy. */
  hold(request: Request, names: CopyNames, now: number): void
  /** Holds one of which nothing is asked where others of its connection are held. */
  follows(request: Request, now: number): boolean
}

/** first: nothing is known of another copy. held: other tasks are asked, and what they know decides. */
export type Hop = 'first' | 'seen' | 'held'

/**
 * Knows a request again that one mirrored source got and has handed on to another, so that it is not forwarded twice. Proof
 * is: the second one’s client is the first one’s address, both carry the same id of a trace or a request, and ask for the
 * same with the same body. Each copy stands for one other, so that of equal requests as many go as clients sent. The one
 * that is read first goes, which is the outer one unless its packets were late; where other tasks may have read the outer
 * one, the inner one waits for what they know.
 */
export class Hops {
  readonly #outer: boolean
  readonly #experiment: string
  readonly #copies: WaitingCopies
  readonly #others: OtherTasks | null
  /** By its address: what a source has got, and what came from it before what it had got was seen. */
  readonly #sources: ReadonlyMap<string, Sides>

  /**
   * @param sources addresses of the mirrored interfaces
   * @param mode outer: whatever comes from a source was seen there, which needs no memory and no proof
   * @param experiment what makes its names its own; the same in all of its tasks
   * @param others null: nobody else is asked
   */
  constructor(
    sources: Iterable<string>,
    mode: 'once' | 'outer',
    experiment: string,
    copies = new WaitingCopies(),
    others: OtherTasks | null = null,
  ) {
    this.#outer = mode === 'outer'
    this.#experiment = experiment
    this.#copies = copies
    this.#others = others
    this.#sources = new Map(
      Array.from(sources, (address) => [
        address,
        { got: hashName(`got ${address}`), sent: hashName(`sent ${address}`) },
      ]),
    )
  }

  /**
   * Whether another copy of the request was seen before, by this worker or another one of the task.
   *
   * @param now for what is held, of any clock
   */
  look(request: Request, now: number): Hop {
    const { client, server } = request.connection
    const from = this.#sources.get(client.address)
    if (this.#outer) return from === undefined ? 'first' : 'seen'
    const to = this.#sources.get(server.address)
    const isFrom = from !== undefined && client.address !== server.address
    if (!isFrom && to === undefined) return 'first'
    const others = isFrom ? this.#others : null
    const hop = this.#known(request, isFrom ? from : undefined, to, others, now)
    return hop === 'first' && others?.follows(request, now) ? 'held' : hop
  }

  #known(
    request: Request,
    from: Sides | undefined,
    to: Sides | undefined,
    others: OtherTasks | null,
    now: number,
  ): Hop {
    const { headers, method, target, body, lastAt } = request
    const ids = idsOf(headers)
    if (ids.length === 0) return 'first'
    const content = `${this.#experiment} ${contentOf(method, target, body)}`
    const names = ids.map((id) => hashName(`${content} ${id}`))
    const namesAt = (side: HashedName) => names.map((name) => joined(name, side))
    const isAsking = others?.isOn === true && others.hasRoom(request)
    const hop = this.#copies.alone((): Hop => {
      const isSeen = from !== undefined && this.#copies.take(namesAt(from.got), lastAt)
      const isOtherGone = to !== undefined && this.#copies.take(namesAt(to.sent), lastAt)
      const isHeld = from !== undefined && !isSeen && !isOtherGone && isAsking
      if (from !== undefined && !isSeen && !isHeld) this.#copies.add(namesAt(from.sent), lastAt)
      if (to !== undefined && !isOtherGone) this.#copies.add(namesAt(to.got), lastAt)
      return isSeen || isOtherGone ? 'seen' : isHeld ? 'held' : 'first'
    })
    if (hop === 'first' && others?.isOn) others.counts.unasked++
    if (hop === 'held' && from !== undefined)
      others?.hold(request, { got: namesAt(from.got), sent: namesAt(from.sent), seenAt: lastAt }, now)
    return hop
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
