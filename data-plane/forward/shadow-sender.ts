import { isDeepStrictEqual } from 'node:util'
import type { RequestReason } from '../../contract/traffic.ts'
import type { Request } from '../http/exchange.ts'
import {
  addShadowSnapshots,
  newShadowTally,
  type ShadowSnapshot,
  type ShadowTally,
  shadowSnapshot,
} from '../telemetry/shadow-tally.ts'
import { splitter } from './distribution.ts'
import { Forwarder, type ForwarderOptions } from './forwarder.ts'
import type { ShadowSettings, Shadows as ShadowsConfig } from './settings.ts'

export type ShadowSenderOptions = Pick<
  ForwarderOptions,
  'experiment' | 'sign' | 'isProduction' | 'limits' | 'timeouts' | 'onFinished' | 'onRefused' | 'keepBytes'
> & {
  /** Signs for a shadow that asks for it. */
  signerFor?: (credentials: { service: string; region: string }) => ForwarderOptions['sign']
}

/** What is counted for one shadow: as the experiment's own requests, or as copies of them. */
type Tally = { name: string; isOwn: boolean; counts: ShadowTally }

/** How long requests in flight to a shadow that is not wanted any more may take. */
const RETIRE_MS = 30_000

/**
 * The shadows of an experiment, each with its own connections, queue, breaker and counts: what one of them does is
 * nothing to the others. A request is the experiment's own at one of them, and a copy at the rest.
 */
export class ShadowSender {
  readonly #options: ShadowSenderOptions
  readonly #tallies: Tally[] = []
  #config: ShadowsConfig | null = null
  #forwarders: Forwarder[] = []
  #submit: (request: Request) => void = () => {}

  constructor(config: ShadowsConfig, options: ShadowSenderOptions) {
    this.#options = options
    this.configure(config)
  }

  /** Goes on with other shadows, when they are others; counts go on where they were. */
  configure(config: ShadowsConfig): void {
    if (isDeepStrictEqual(config, this.#config)) return
    for (const forwarder of this.#forwarders) void forwarder.stop(RETIRE_MS)
    this.#config = config
    const isSplit = config.distribution === 'split'
    const forwarders = config.list.map((settings, index) => this.#open(settings, isSplit || index === 0))
    this.#forwarders = forwarders
    const [first] = forwarders
    if (forwarders.length === 1 && first) this.#submit = (request) => first.submit(request)
    else if (isSplit) {
      const choose = splitter(
        forwarders.map((target, index) => ({ target, share: config.list[index]?.target.share ?? 1 })),
      )
      this.#submit = (request) => choose(request).submit(request)
    } else
      this.#submit = (request) => {
        for (const forwarder of forwarders) forwarder.submit(request)
      }
  }

  submit(request: Request): void {
    this.#submit(request)
  }

  dropWaiting(reason: RequestReason): void {
    for (const forwarder of this.#forwarders) forwarder.dropWaiting(reason)
  }

  expire(now: number): void {
    for (const forwarder of this.#forwarders) forwarder.expire(now)
  }

  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.#forwarders.map((forwarder) => forwarder.stop(deadlineMs)))
  }

  get queueBytes(): number {
    return this.#forwarders.reduce((sum, { queueBytes }) => sum + queueBytes, 0)
  }

  /** The counts of the experiment's own requests, and those of each shadow, copies included. */
  snapshot(): { own: ShadowSnapshot; shadows: Record<string, ShadowSnapshot> } {
    let own = shadowSnapshot(newShadowTally())
    const shadows: Record<string, ShadowSnapshot> = {}
    for (const { name, isOwn, counts } of this.#tallies) {
      const counted = shadowSnapshot(counts)
      if (isOwn) own = addShadowSnapshots(own, counted)
      const before = shadows[name]
      shadows[name] = before ? addShadowSnapshots(before, counted) : counted
    }
    return { own, shadows }
  }

  #open(settings: ShadowSettings, isOwn: boolean): Forwarder {
    const { name } = settings.target
    let tally = this.#tallies.find((known) => known.name === name && known.isOwn === isOwn)
    if (!tally) {
      tally = { name, isOwn, counts: newShadowTally() }
      this.#tallies.push(tally)
    }
    // Only the answers to the experiment's own requests are compared.
    const { signerFor, onRefused, keepBytes = 0, ...options } = this.#options
    const { credentials } = settings
    const sign = credentials?.by === 'sigv4' ? signerFor?.(credentials) : undefined
    return new Forwarder({
      ...options,
      settings,
      tally: tally.counts,
      ...(sign && { sign }),
      ...(isOwn && { keepBytes, ...(onRefused && { onRefused }) }),
    })
  }
}
