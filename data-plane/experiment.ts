import { isDeepStrictEqual } from 'node:util'
import type { GatewayExperiment } from '../contract/gateway-config.ts'
import type { RequestReason, ShadowResult } from '../contract/traffic.ts'
import type { MessageOutcome } from './counters.ts'
import type { Forward } from './forward/forward.ts'
import { Forwarder, type ForwarderLimits } from './forward/forwarder.ts'
import { parseShadow, type Shadow, type ShadowTimeouts } from './forward/shadow.ts'
import type { Exchange, ExchangeHandler, Request } from './http/exchange.ts'
import { Pipeline } from './pipeline.ts'
import type { Admission, SourceVolume } from './select/gate.ts'
import { type Rules, refusal } from './select/rules.ts'
import { addressNumber } from './source/datagram-source.ts'
import { zeroRequestCounters } from './telemetry/request-counters.ts'
import type { ExperimentSnapshot } from './telemetry/snapshot.ts'

/** What a gateway does with the packets of some VNIs. */
export type ExperimentConfig = {
  id: string
  /** Service ports; null reads every TCP connection. */
  ports: readonly number[] | null
  shadow: Shadow
  rules: Rules
  /** Milliseconds since the epoch; nothing is read or forwarded after it. */
  until: number
  /**
   * Mirrored ENIs. A gateway without a control plane knows no addresses (null admits any) and perhaps no VNIs (`any`
   * admits all).
   */
  sources: readonly { vni: number; address: string | null }[] | 'any'
}

/** Throws TypeError when the shadow's address is not an HTTP address. */
export const fromContract = (experiment: GatewayExperiment): ExperimentConfig => ({
  id: experiment.id,
  ports: experiment.ports,
  shadow: parseShadow(experiment.shadow.url),
  rules: { percent: experiment.percent, writes: experiment.writes },
  until: Date.parse(experiment.until),
  sources: experiment.sources,
})

export type ExperimentOptions = {
  forwarder?: Partial<ForwarderLimits>
  timeouts?: Partial<ShadowTimeouts>
  onFinished?: (experiment: string, forward: Forward, result: ShadowResult) => void
}

/** One experiment as one worker runs it: its packets become requests, its rules choose, its forwarder sends. */
export class Experiment implements ExchangeHandler {
  readonly id: string
  readonly #requests = zeroRequestCounters()
  readonly #volumes = new Map<string, SourceVolume>()
  readonly #options: ExperimentOptions
  readonly #pipeline: Pipeline
  #config: ExperimentConfig
  #forwarder: Forwarder
  #ended = false

  constructor(config: ExperimentConfig, options: ExperimentOptions) {
    this.id = config.id
    this.#config = config
    this.#options = options
    this.#forwarder = this.#openForwarder(config)
    this.#pipeline = new Pipeline(this, { ports: portSet(config) })
  }

  /** Goes on under another configuration; connections that are being followed stay. */
  reconfigure(config: ExperimentConfig): void {
    this.#pipeline.ports = portSet(config)
    if (!isDeepStrictEqual(config.shadow, this.#config.shadow)) {
      void this.#forwarder.stop(RETIRE_MS)
      this.#forwarder = this.#openForwarder(config)
    }
    this.#config = config
    this.#ended = false
  }

  /** The admissions of its sources, by VNI; volumes go on where they were. */
  admissions(): { vni: number | 'any'; admission: Admission<Experiment> }[] {
    const { sources, until } = this.#config
    const admission = (vni: string, address: number | null): Admission<Experiment> => {
      const volume = this.#volumes.get(vni) ?? { packets: 0, bytes: 0 }
      this.#volumes.set(vni, volume)
      return { target: this, address, until, volume }
    }
    if (sources === 'any') return [{ vni: 'any', admission: admission('any', null) }]
    return sources.map(({ vni, address }) => ({
      vni,
      // An IPv6 address never equals the number of an IPv4 one: such a source is refused, not let in unchecked.
      admission: admission(String(vni), address === null ? null : (addressNumber(address) ?? NO_ADDRESS)),
    }))
  }

  /** One inner Ethernet frame, read in place. */
  frame(buffer: Buffer, offset: number, length: number, vni: number, at: number): void {
    this.#pipeline.frame(buffer, offset, length, vni, at)
  }

  /** Called often: what waits for time to pass. */
  tick(now: number): void {
    this.#pipeline.flush(now)
    if (now >= this.#config.until && !this.#ended) {
      this.#ended = true
      this.#pipeline.close(now)
      this.#forwarder.dropWaiting('dropped.ended')
    }
    this.#forwarder.expire(performance.now())
  }

  /** Says all that can still be said about its connections, then lets the forwarder finish. */
  async stop(now: number, deadlineMs: number): Promise<void> {
    this.#pipeline.close(now)
    await this.#forwarder.stop(deadlineMs)
  }

  /** Out of the configuration: what waits is dropped, what is in flight may finish. */
  async retire(now: number): Promise<void> {
    this.#ended = true
    this.#pipeline.close(now)
    this.#forwarder.dropWaiting('dropped.ended')
    await this.#forwarder.stop(RETIRE_MS)
  }

  onRequest(request: Request): void {
    this.#requests.seen++
    const reason = this.#refusal(request)
    if (reason === null) this.#forwarder.submit(request)
    else this.#requests.refused[reason]++
  }

  /** Responses and incomplete requests: the pipeline has counted them, nothing reads them yet. */
  onExchange(_exchange: Exchange): void {}

  snapshot(): ExperimentSnapshot {
    const { packets, segments, bytes, requests: messages, responses } = this.#pipeline.counters
    const requests = structuredClone(this.#requests)
    for (const [outcome, reason] of NOT_HANDED_ON) {
      requests.seen += messages[outcome]
      requests.refused[reason] += messages[outcome]
    }
    const { tcp: _, ...others } = packets
    return {
      packets: {
        ...others,
        ...Object.fromEntries(Object.entries(segments).map(([kind, count]) => [`tcp.${kind}`, count])),
      },
      sources: Object.fromEntries([...this.#volumes].map(([vni, volume]) => [vni, { ...volume }])),
      gapBytes: bytes.gap,
      requests,
      durations: structuredClone(this.#forwarder.durations),
      headerChanges: { ...this.#forwarder.headerChanges },
      responses: responses.complete,
      queueBytes: this.#forwarder.queueBytes,
    }
  }

  #refusal(request: Request): RequestReason | null {
    if (this.#ended || request.lastAt >= this.#config.until) return 'dropped.ended'
    if (request.body.length !== request.bodyLength) return 'incomplete.oversized'
    return refusal(request, this.#config.rules)
  }

  #isProduction(address: string, port: number): boolean {
    const { sources, ports } = this.#config
    if (sources === 'any' || !sources.some((source) => source.address === address)) return false
    return ports === null || ports.includes(port)
  }

  #openForwarder(config: ExperimentConfig): Forwarder {
    const { onFinished } = this.#options
    return new Forwarder({
      shadow: config.shadow,
      experiment: this.id,
      counters: this.#requests,
      isProduction: (address, port) => this.#isProduction(address, port),
      limits: this.#options.forwarder ?? {},
      timeouts: this.#options.timeouts ?? {},
      ...(onFinished && { onFinished: (forward, result) => onFinished(this.id, forward, result) }),
    })
  }
}

const portSet = ({ ports }: ExperimentConfig): ReadonlySet<number> | null =>
  ports === null ? null : new Set(ports)

/** How long requests in flight of a retired experiment may take. */
const RETIRE_MS = 30_000

/** No 32-bit number: nothing comes from it. */
const NO_ADDRESS = -1

/**
 * Requests that the pipeline counted and did not hand on. Where a start cannot be proven, or the rest is not HTTP, nobody
 * can say what the server has read.
 */
const NOT_HANDED_ON: readonly (readonly [Exclude<MessageOutcome, 'complete'>, RequestReason])[] = [
  ['ambiguous', 'held_back.ambiguous_framing'],
  ['malformed', 'held_back.ambiguous_framing'],
  ['protocol', 'held_back.ambiguous_framing'],
  ['unproven', 'incomplete.gap'],
  ['gap', 'incomplete.gap'],
  ['closed', 'incomplete.closed'],
  ['reset', 'incomplete.closed'],
  ['idle', 'incomplete.closed'],
  ['too_large', 'incomplete.oversized'],
  ['evicted', 'incomplete.evicted'],
]
