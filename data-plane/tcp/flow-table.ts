import type { Packet } from '../wire/packet.ts'
import { Connection } from './connection.ts'

/**
 * Connections by VNIs, addresses and ports. Numbers are hashed, so a look-up allocates nothing; both directions of a
 * connection have one hash and find one entry.
 */
export class FlowTable<App> {
  size = 0
  /** Which side of the connection found last sent the packet. */
  side: 0 | 1 = 0
  #buckets: (Connection<App> | null)[]
  #mask: number
  #hash = 0
  #nextId = 0

  constructor(initial = 1024) {
    this.#buckets = new Array(initial).fill(null)
    this.#mask = initial - 1
  }

  find(p: Packet): Connection<App> | null {
    const hash = hashOf(p)
    this.#hash = hash
    for (let c = this.#buckets[hash & this.#mask] ?? null; c !== null; c = c.nextInBucket) {
      if (c.hash === hash && carries(c, p.vni) && this.#matches(c, p)) return c
    }
    this.side = 0
    return null
  }

  /** The first connection after `after` between the ends of this packet that its VNI is not known to carry. */
  findOther(p: Packet, after: Connection<App> | null): Connection<App> | null {
    const hash = hashOf(p)
    const first = after === null ? this.#buckets[hash & this.#mask] : after.nextInBucket
    for (let c = first ?? null; c !== null; c = c.nextInBucket)
      if (c.hash === hash && !carries(c, p.vni) && this.#matches(c, p)) return c
    return null
  }

  #matches(c: Connection<App>, p: Packet): boolean {
    if (c.family !== p.family) return false
    if (isForward(c, p)) this.side = 0
    else if (isBackward(c, p)) this.side = 1
    else return false
    return true
  }

  /** Adds a connection for the packet that `find` just looked for. */
  add(p: Packet, at: number): Connection<App> {
    if (this.size > this.#mask) this.#grow()
    const c = new Connection<App>(this.#nextId++, this.#hash, p, at)
    this.side = 0
    this.#insert(c)
    this.size++
    return c
  }

  remove(gone: Connection<App>): void {
    const bucket = gone.hash & this.#mask
    let before: Connection<App> | null = null
    for (let c = this.#buckets[bucket] ?? null; c !== null; c = c.nextInBucket) {
      if (c === gone) {
        if (before === null) this.#buckets[bucket] = c.nextInBucket
        else before.nextInBucket = c.nextInBucket
        c.nextInBucket = null
        this.size--
        return
      }
      before = c
    }
  }

  #insert(c: Connection<App>): void {
    const bucket = c.hash & this.#mask
    c.nextInBucket = this.#buckets[bucket] ?? null
    this.#buckets[bucket] = c
  }

  #grow(): void {
    const old = this.#buckets
    this.#buckets = new Array(old.length * 2).fill(null)
    this.#mask = this.#buckets.length - 1
    for (const first of old) {
      for (let c = first; c !== null; ) {
        const next: Connection<App> | null = c.nextInBucket
        this.#insert(c)
        c = next
      }
    }
  }
}

const carries = <App>(c: Connection<App>, vni: number): boolean =>
  c.vni === vni || c.twins?.includes(vni) === true

/** The sum of the two ends' hashes does not depend on the direction; copies under other VNIs have it too. */
function hashOf(p: Packet): number {
  const source = mix(p.source0, p.source1, p.source2, p.source3, p.sourcePort)
  const destination = mix(p.destination0, p.destination1, p.destination2, p.destination3, p.destinationPort)
  let h = source + destination
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return h ^ (h >>> 13)
}

function mix(w0: number, w1: number, w2: number, w3: number, port: number): number {
  let h = Math.imul(w0 ^ port, 0xcc9e2d51)
  h = Math.imul(h ^ (h >>> 15) ^ w1, 0x1b873593)
  h = Math.imul(h ^ (h >>> 13) ^ w2, 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 16) ^ w3, 0x85ebca6b)
  return Math.imul(h ^ (h >>> 14) ^ port, 0xc2b2ae35)
}

const isForward = <App>(c: Connection<App>, p: Packet): boolean =>
  c.aPort === p.sourcePort &&
  c.bPort === p.destinationPort &&
  c.a0 === p.source0 &&
  c.b0 === p.destination0 &&
  (c.family === 4 ||
    (isRest(c.aRest, p.source1, p.source2, p.source3) &&
      isRest(c.bRest, p.destination1, p.destination2, p.destination3)))

const isBackward = <App>(c: Connection<App>, p: Packet): boolean =>
  c.aPort === p.destinationPort &&
  c.bPort === p.sourcePort &&
  c.a0 === p.destination0 &&
  c.b0 === p.source0 &&
  (c.family === 4 ||
    (isRest(c.aRest, p.destination1, p.destination2, p.destination3) &&
      isRest(c.bRest, p.source1, p.source2, p.source3)))

const isRest = (rest: readonly [number, number, number], w1: number, w2: number, w3: number): boolean =>
  rest[0] === w1 && rest[1] === w2 && rest[2] === w3
