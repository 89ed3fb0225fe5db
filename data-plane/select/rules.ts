import { BAGGAGE_MARKER, MARKER_HEADER } from '../../contract/forwarding.ts'
import type { Selection } from '../../contract/selection.ts'
import type { RequestReason, ShadowResult } from '../../contract/traffic.ts'
import type { Request } from '../http/exchange.ts'
import { type AdaptationState, adaptOnce, isTelling, type Observed, partOf, unadapted } from './adaptation.ts'
import { compileEffect } from './effect.ts'
import { isNamed } from './headers.ts'
import { isHealthChecker } from './health-checkers.ts'
import type { Hops } from './hops.ts'
import { compileMatch, Facts } from './match.ts'
import { isWithin, keyHash, requestHash, seedOf } from './sample.ts'
import { ABSENT, keyReader, type ReadKey, UNREADABLE } from './sample-key.ts'
import { TokenBucket } from './token-bucket.ts'

export type Rules = {
  /** Share of the requests that may be forwarded at all; above 100, copies of those that change nothing. */
  percent: number
  /** hold: only what changes nothing, and the writes that the selection names. */
  writes: 'hold' | 'forward'
  select: Selection
  /** Workers of all gateways that share what is allowed a second. */
  sharedBy: number
}

const MARKER = MARKER_HEADER.toLowerCase()
const STEP_MS = 1000

/**
 * An experiment’s rules, ready to run. What they do not use costs nothing. The first one that says no decides: shadow
 * traffic, health checks, what leaves HTTP, deny, allow, writes, other hops, and sampling last, so that the share is one of what
 * could be forwarded; then the share as adapted and the limit per second.
 */
export class Selector {
  readonly rules: Rules
  /** About the last request: which rule decided, as a place in the spec; and how many copies go beside it. */
  rule = ''
  copies = 0
  /** It changes nothing, as far as it was looked at. */
  isRead = false

  readonly #deny: readonly NamedMatch[]
  readonly #allow: readonly NamedMatch[]
  readonly #effect: ReturnType<typeof compileEffect>
  readonly #leavesOutCheckers: boolean
  readonly #readKey: ReadKey | null
  readonly #seed: number
  readonly #bucket: TokenBucket | null
  readonly #facts = new Facts()
  readonly #whole: boolean
  #state: AdaptationState = unadapted()
  #part = 1
  #seen: Observed = nothingSeen()
  #steppedAt: number | null = null

  /** @param before the rules that these follow: what they have learned about the shadow goes on */
  constructor(experiment: string, rules: Rules, before?: Selector) {
    const { select } = rules
    this.rules = rules
    this.#deny = select.deny.map((match, i) => ({ name: `deny[${i}]`, answer: compileMatch(match) }))
    this.#allow = select.allow.map((match, i) => ({ name: `allow[${i}]`, answer: compileMatch(match) }))
    this.#effect = compileEffect(select)
    this.#leavesOutCheckers = select.healthCheckers === 'leave-out'
    this.#readKey = keyReader(select.sampleBy)
    this.#seed = seedOf(experiment, select.sampleBy.key)
    this.#bucket = select.perSecondMax ? new TokenBucket(select.perSecondMax / rules.sharedBy) : null
    this.#whole = rules.percent === 100 && select.sampleBy.key === 'request' && !select.adapt
    if (before && select.adapt) {
      this.#state = before.#state
      this.#part = before.#part
    }
  }

  /**
   * Why a complete request is not forwarded; null when it is. Of one that is held nothing is decided yet: it is asked for again
   * without hops.
   *
   * @param hops where requests can be seen on several hops
   */
  refusal(request: Request): RequestReason | null
  refusal(request: Request, hops: Hops | null): RequestReason | 'held' | null
  refusal(request: Request, hops: Hops | null = null): RequestReason | 'held' | null {
    this.copies = 0
    const left = this.#leftOut(request)
    if (left !== null) return left
    const effect = this.#effect(request, this.#facts.of(request))
    this.isRead = effect === 'read'
    if (this.rules.writes === 'hold' && effect === 'write') {
      this.rule = 'writes'
      return 'held_back.unsafe_method'
    }
    const hop = hops === null ? 'first' : hops.look(request, performance.now())
    if (hop !== 'first') {
      this.rule = 'hops'
      return hop === 'held' ? 'held' : 'filtered.other_hop'
    }
    if (!this.#whole) {
      const out = this.#sampledOut(request, this.isRead)
      if (out !== null) return out
    }
    if (this.#bucket !== null) {
      const granted = this.#bucket.take(1 + this.copies, request.lastAt)
      if (granted <= this.copies) this.rule = 'perSecondMax'
      if (granted === 0) {
        this.copies = 0
        return 'sampled_out.rate_limit'
      }
      this.copies = granted - 1
    }
    return null
  }

  /** The share’s part that is sent now: 1 unless it adapts. */
  get part(): number {
    return this.#part
  }

  /** A forward has ended, after so many milliseconds to its answer’s head; null when none came. */
  onResult(result: ShadowResult, headMs: number | null): void {
    const { adapt } = this.rules.select
    if (!adapt) return
    this.#seen.ended++
    if (result === 'answered_5xx' || result.startsWith('failed')) this.#seen.failed++
    if (adapt.p95MsMax !== undefined && (headMs === null || headMs > adapt.p95MsMax)) this.#seen.slow++
  }

  /** Called often: moves the share once a second. */
  tick(now: number): void {
    const { adapt } = this.rules.select
    if (!adapt) return
    this.#steppedAt ??= now
    const passed = now - this.#steppedAt
    if (passed < STEP_MS) return
    this.#steppedAt = now
    const { perSecond } = adapt
    const limits = perSecond === undefined ? adapt : { ...adapt, perSecond: perSecond / this.rules.sharedBy }
    const seen = { ...this.#seen, seconds: passed / 1000 }
    this.#state = adaptOnce(this.#state, seen, limits)
    this.#part = partOf(this.#state)
    this.#seen = isTelling(seen) ? nothingSeen() : { ...this.#seen, offered: 0 }
  }

  #leftOut(request: Request): RequestReason | null {
    const { headers } = request
    let userAgent: string | null = null
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      if (name.length === MARKER.length && isNamed(name, MARKER)) {
        this.rule = 'shadow marker'
        return 'filtered.shadow_marker'
      }
      if (
        name.length === 7 &&
        isNamed(name, 'baggage') &&
        (headers[i + 1] as string).includes(BAGGAGE_MARKER)
      ) {
        this.rule = 'shadow baggage'
        return 'filtered.shadow_marker'
      }
      if (name.length === 10 && userAgent === null && isNamed(name, 'user-agent'))
        userAgent = headers[i + 1] as string
    }
    if (this.#leavesOutCheckers && userAgent !== null && isHealthChecker(userAgent)) {
      this.rule = 'healthCheckers'
      return 'filtered.health_check'
    }
    this.rule = 'http'
    if (request.method === 'CONNECT') return 'held_back.connect'
    if (request.upgrade !== null && leavesHttp(request.upgrade)) return 'held_back.upgrade'
    this.rule = 'no rule'
    return this.#deny.length + this.#allow.length === 0 ? null : this.#unwanted(request)
  }

  #unwanted(request: Request): RequestReason | null {
    const facts = this.#facts.of(request)
    let undecidable: string | null = null
    for (const { name, answer } of this.#deny) {
      const said = answer(request, facts)
      if (said === 'undecidable') undecidable ??= name
      if (said !== 'yes') continue
      this.rule = name
      return 'filtered.denied'
    }
    if (undecidable === null && this.#allow.length === 0) return null
    for (const { name, answer } of undecidable === null ? this.#allow : []) {
      const said = answer(request, facts)
      if (said === 'undecidable') undecidable ??= name
      if (said !== 'yes') continue
      this.rule = name
      return null
    }
    this.rule = undecidable ?? 'allow'
    return undecidable === null ? 'filtered.not_allowed' : 'filtered.undecidable'
  }

  #sampledOut(request: Request, isSafe: boolean): RequestReason | null {
    const { percent, select } = this.rules
    let hash: number
    const key = this.#readKey === null ? ABSENT : this.#readKey(request)
    if (key === UNREADABLE) {
      this.rule = 'sampleBy'
      return 'filtered.undecidable'
    }
    if (key === ABSENT) {
      if (this.#readKey !== null && select.absentKey !== 'as-random') {
        this.rule = 'absentKey'
        if (select.absentKey === 'exclude') return 'sampled_out.absent_key'
        if (percent > 0) return null
      }
      hash = percent === 100 && this.#part === 1 ? 0 : requestHash(request)
    } else hash = keyHash(this.#seed, key)

    const whole = sendsOf(hash, isSafe ? percent : Math.min(percent, 100))
    this.#seen.offered += whole
    if (whole === 0) {
      this.rule = 'percent'
      return 'sampled_out.percent'
    }
    if (percent !== 100) this.rule = 'percent'
    if (this.#part === 1) {
      this.copies = whole - 1
      return null
    }
    const sends = sendsOf(hash, (isSafe ? percent : Math.min(percent, 100)) * this.#part)
    if (sends < whole) this.rule = 'adapt'
    if (sends === 0) return 'sampled_out.adapted'
    this.copies = sends - 1
    return null
  }
}

type NamedMatch = { name: string; answer: ReturnType<typeof compileMatch> }

const nothingSeen = (): Observed => ({ seconds: 0, offered: 0, ended: 0, failed: 0, slow: 0 })

/** How often a request with this hash is sent: 250 % sends each twice and half of them once more. */
const sendsOf = (hash: number, percent: number): number => {
  if (!(percent > 0)) return 0
  const each = Math.floor(percent / 100)
  return each + (isWithin(hash, percent - each * 100) ? 1 : 0)
}

export /**
 * An offer of h2c is an ordinary request that any HTTP/1.1 server answers (Java's HttpClient makes it by default); every
 * other protocol, WebSocket foremost, has no requests to forward after it.
 */
const leavesHttp = (upgrade: string): boolean =>
  upgrade.split(',').some((protocol) => protocol.trim().toLowerCase() !== 'h2c')
