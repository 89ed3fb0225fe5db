import { type Comparison, UNPAIRED_REASONS, type UnpairedReason } from '../../contract/comparison.ts'
import { emptyMeasurement } from '../../contract/measurement.ts'
import type { Exchange, Request, Response } from '../http/exchange.ts'
import type { Drift } from './drift.ts'
import { EndpointNames } from './endpoint-names.ts'
import { heldBytes } from './held-bytes.ts'
import { type ShadowSide, Tally } from './tally.ts'

/** More of a body is not compared. */
export const COMPARED_BYTES_MAX = 1024 * 1024

/** Writes that wait for their ids to be read: any more are not. Each may be as large as a message. */
const HELD_WRITES_MAX = 200

export type ComparerLimits = {
  /** Pairs that wait for a side, or to be compared. */
  pairs: number
  bytes: number
  /** How long one side waits for the other: longer than a forward may take. */
  waitMs: number
  /** How long comparing goes on before packets are looked at again. */
  sliceMs: number
}

export const COMPARER_LIMITS: ComparerLimits = {
  pairs: 10_000,
  bytes: 64 * 1024 * 1024,
  waitMs: 75_000,
  sliceMs: 2,
}

/** What the shadow made of a request: an answer, none, or why there is nothing to compare. */
export type ShadowOutcome = ShadowSide | { readonly unpaired: UnpairedReason }

/** All that was said to one request; `control` is null where nobody else was asked. */
export type Sides = {
  production: Response
  shadow: ShadowSide
  control: ShadowSide | null
  /** All of it was masked: it may be shown. */
  masked: boolean
}

export type RedactSides = (request: Request, sides: Sides) => Sides

const unchanged: RedactSides = (_, sides) => sides

type Pair = {
  since: number
  production: Response | null
  shadow: ShadowSide | null
  /** `awaited` until the control has answered; null when it is not asked, or has nothing to say. */
  control: ShadowSide | 'awaited' | null
  bytes: number
}

/**
 * Pairs production’s response with the shadow’s to the same request, and the control’s where there is one; any may come first. What is whole on both sides is
 * compared, between packets; everything else is counted by reason.
 */
export class Comparer {
  readonly #limits: ComparerLimits
  readonly #redact: RedactSides
  #tally: Tally | null
  /** What was found when it was closed: much smaller than what counts. */
  #found: Pick<Comparison, 'endpoints' | 'samples'> = { endpoints: [], samples: [] }
  /** Oldest first. */
  readonly #pairs = new Map<Request, Pair>()
  readonly #ready: Request[] = []
  readonly #unpaired: Record<UnpairedReason, number>
  /** Writes of production’s that the shadow was not sent. */
  readonly #heldWrites: Exchange[] = []
  /** Of the warm-up, until nobody else knows them: those that were not sent after all are no part of it. */
  readonly #warming = new WeakSet<Request>()
  #warmUp = 0
  #expected = 0
  #compared = 0
  #bytes = 0
  /** As of the last tick; 0 before the first. */
  #now = 0
  #scheduled = false
  #paired = true

  /** @param redact what all sides go through before anything is compared or kept of them */
  constructor(
    random: () => number,
    drift: Drift,
    limits: Partial<ComparerLimits> = {},
    redact: RedactSides = unchanged,
    names = new EndpointNames([]),
  ) {
    this.#limits = { ...COMPARER_LIMITS, ...limits }
    this.#redact = redact
    this.#tally = new Tally(random, drift, names)
    this.#unpaired = Object.fromEntries(UNPAIRED_REASONS.map((reason) => [reason, 0])) as Record<
      UnpairedReason,
      number
    >
  }

  /** The request goes to the shadow, and to the control if there is one. */
  expect(request: Request, isControlled = false): void {
    if (this.#tally === null) return
    this.#expected++
    if (!this.#paired) {
      this.#unpaired.gateways_swapped++
      return
    }
    const bytes = heldBytes(request.headers, request.body)
    this.#pairs.set(request, {
      since: this.#now,
      production: null,
      shadow: null,
      control: isControlled ? 'awaited' : null,
      bytes,
    })
    this.#bytes += bytes
    this.#makeRoom()
  }

  /** The request goes to the shadow, which is warming up: it is not compared. */
  leaveOut(request: Request): void {
    this.#warmUp++
    this.#warming.add(request)
  }

  /** Production has carried out a write that the shadow is not sent. */
  heldWrite(exchange: Exchange): void {
    if (this.#tally === null || this.#heldWrites.length >= HELD_WRITES_MAX) return
    this.#heldWrites.push(exchange)
    this.#schedule()
  }

  /** Whether pairs are made; what waits for a side when they are not any more is given up. */
  pair(paired: boolean): void {
    this.#paired = paired
    if (paired) return
    this.compareAll()
    for (const request of [...this.#pairs.keys()]) this.#give(request, 'gateways_swapped')
  }

  /** Production’s side, or that there will be none. */
  production({ request, response }: Exchange): void {
    const pair = request === null ? undefined : this.#pairs.get(request)
    if (request === null || pair === undefined || pair.production !== null) return
    if (response === null) this.#give(request, 'production_missing')
    else if (!response.complete) this.#give(request, 'production_incomplete')
    else if (response.bodyLength !== response.body.length || response.bodyLength > COMPARED_BYTES_MAX)
      this.#give(request, 'production_oversized')
    else {
      pair.production = response
      this.#hold(request, pair, heldBytes(response.headers, response.body))
    }
  }

  shadow(request: Request, outcome: ShadowOutcome): void {
    const pair = this.#pairs.get(request)
    if (pair === undefined && 'unpaired' in outcome && outcome.unpaired === 'shadow_not_sent')
      if (this.#warming.delete(request)) this.#warmUp--
    if (pair === undefined || pair.shadow !== null) return
    if ('unpaired' in outcome) this.#give(request, outcome.unpaired)
    else {
      pair.shadow = outcome
      this.#hold(request, pair, heldBytes(outcome.answer?.headers ?? [], outcome.answer?.body))
    }
  }

  /** The control’s side; one that could not be asked is not waited for. */
  control(request: Request, outcome: ShadowOutcome): void {
    const pair = this.#pairs.get(request)
    if (pair === undefined || pair.control !== 'awaited') return
    pair.control = 'unpaired' in outcome ? null : outcome
    this.#hold(request, pair, heldBytes(pair.control?.answer?.headers ?? [], pair.control?.answer?.body))
  }

  /** @param now milliseconds since 1970 */
  tick(now: number): void {
    if (this.#now === 0) for (const pair of this.#pairs.values()) pair.since = now
    this.#now = now
    for (const [request, pair] of this.#pairs) {
      if (now - pair.since < this.#limits.waitMs) return
      this.#give(request, 'expired')
    }
  }

  /** Compares what is whole, however long it takes. */
  compareAll(): void {
    this.#compareUntil(Number.POSITIVE_INFINITY)
  }

  /** Compares what is whole; what waits for a side will not get it. */
  close(): void {
    for (const [request, pair] of this.#pairs)
      if (pair.control === 'awaited') this.control(request, { unpaired: 'ended' })
    this.compareAll()
    for (const request of [...this.#pairs.keys()]) this.#give(request, 'ended')
    this.#found = this.#findings()
    this.#tally = null
  }

  encode(measurement = emptyMeasurement()): Comparison {
    const unpaired = Object.entries(this.#unpaired).filter(([, count]) => count > 0)
    return {
      warmUp: this.#warmUp,
      expected: this.#expected,
      waiting: this.#pairs.size,
      compared: this.#compared,
      measurement,
      unpaired: Object.fromEntries(unpaired),
      ...this.#findings(),
    }
  }

  #findings(): Pick<Comparison, 'endpoints' | 'samples'> {
    return this.#tally ? { endpoints: this.#tally.encode(), samples: this.#tally.samples } : this.#found
  }

  #hold(request: Request, pair: Pair, bytes: number): void {
    pair.bytes += bytes
    this.#bytes += bytes
    if (pair.production !== null && pair.shadow !== null && pair.control !== 'awaited') {
      this.#ready.push(request)
      this.#schedule()
    }
    this.#makeRoom()
  }

  #makeRoom(): void {
    for (const request of this.#pairs.keys()) {
      if (this.#pairs.size <= this.#limits.pairs && this.#bytes <= this.#limits.bytes) return
      this.#give(request, 'evicted')
    }
  }

  #give(request: Request, reason: UnpairedReason): void {
    this.#unpaired[reason]++
    this.#remove(request)
  }

  #remove(request: Request): void {
    this.#bytes -= this.#pairs.get(request)?.bytes ?? 0
    this.#pairs.delete(request)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#scheduled = false
    this.#compareUntil(performance.now() + this.#limits.sliceMs)
    if (this.#ready.length + this.#heldWrites.length > 0) this.#schedule()
  }

  #compareUntil(deadline: number): void {
    // Behind its answers a write would come too late to explain them.
    while (this.#heldWrites.length > 0 && performance.now() < deadline)
      this.#tally?.heldWrite(this.#heldWrites.shift() as Exchange)
    let done = 0
    while (done < this.#ready.length && performance.now() < deadline) {
      const request = this.#ready[done++] as Request
      const pair = this.#pairs.get(request)
      if (!pair?.production || !pair.shadow || pair.control === 'awaited' || !this.#tally) continue
      this.#remove(request)
      this.#compared++
      const sides = this.#redact(request, {
        production: pair.production,
        shadow: pair.shadow,
        control: pair.control,
        masked: false,
      })
      this.#tally.pair(request, sides)
    }
    this.#ready.splice(0, done)
  }
}
