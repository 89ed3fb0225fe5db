import { isDeepStrictEqual } from 'node:util'
import type { Comparison } from '../contract/comparison.ts'
import { destinationRefusal } from '../contract/destination.ts'
import { OVERLOAD, type RequestReason, type ShadowResult } from '../contract/traffic.ts'
import { Comparer } from './compare/comparer.ts'
import { Drift } from './compare/drift.ts'
import { EndpointNames } from './compare/endpoint-names.ts'
import { HeldObjects } from './compare/held-objects.ts'
import { redactPair } from './compare/redact-pair.ts'
import { shadowOutcome } from './compare/shadow-outcome.ts'
import { WarmUp } from './compare/warm-up.ts'
import { WayProbes } from './compare/way-probes.ts'
import {
  bodyLimits,
  type ExperimentConfig,
  hopsBasis,
  hopsOf,
  snapshotTime,
  watchedOf,
} from './experiment-config.ts'
import type { ExperimentOptions } from './experiment-options.ts'
import { ExperimentSenders } from './experiment-senders.ts'
import type { Forward } from './forward/forward.ts'
import { TokenChecks } from './forward/token-checks.ts'
import { HeldRequests } from './held-requests.ts'
import type { Exchange, ExchangeHandler, Request } from './http/exchange.ts'
import { connectionsOf } from './http/protocol.ts'
import type { Questions } from './neighbours/questions.ts'
import { NOT_HANDED_ON } from './not-handed-on.ts'
import { Pipeline } from './pipeline.ts'
import { Recorder } from './record/recorder.ts'
import { LargeBodies } from './redact/large-bodies.ts'
import type { LargeBody } from './redact/large-body.ts'
import { Redactor } from './redact/redactor.ts'
import { isSafeMethod } from './select/effect.ts'
import type { Admission } from './select/gate.ts'
import { HeldBack } from './select/held-back.ts'
import type { Hops } from './select/hops.ts'
import { Selector } from './select/rules.ts'
import { SourceVolumes } from './select/source-volumes.ts'
import { addAll, addRequestCounters, zeroRequestCounters } from './telemetry/request-counters.ts'
import type { ExperimentSnapshot } from './telemetry/snapshot.ts'

/** One experiment as one worker runs it: its packets become requests, its rules choose, its forwarder sends. */
export class Experiment implements ExchangeHandler {
  readonly id: string
  /** To other tasks, which may have read another copy of a request; null where they cannot be asked. */
  readonly questions: Questions | null
  readonly #requests = zeroRequestCounters()
  readonly #heldBack = new HeldBack()
  readonly #volumes = new SourceVolumes()
  readonly #options: ExperimentOptions
  readonly #pipeline: Pipeline
  #config: ExperimentConfig
  #selector: Selector
  #hops: Hops | null
  #tokens: TokenChecks
  #redactor: Redactor
  /** What redactors before this one have replaced. */
  #redactedBefore: Record<string, number> = {}
  readonly #senders: ExperimentSenders
  readonly #comparer: Comparer | null
  /** Null unless it was asked for. */
  readonly #recorder: Recorder | null
  readonly #probes = new WayProbes((address, port) => this.#isForbidden(address, port))
  readonly #warmUp = new WarmUp()
  /** Writes that the shadow has not been sent. */
  readonly #unsent = new WeakSet<Request>()
  readonly #held: HeldRequests
  readonly #largeBodies: LargeBodies
  #ended = false
  /** Packets that were not read because this worker was behind, and others need it too. */
  #leftOut = 0

  constructor(config: ExperimentConfig, options: ExperimentOptions) {
    this.id = config.id
    this.#config = config
    this.#options = options
    this.#selector = new Selector(config.id, config.rules)
    this.#held = new HeldRequests({
      counters: this.#requests,
      onGivenUp: (...given) => this.#refuse(...given),
      onExchange: (exchange) => this.onExchange(exchange),
    })
    this.#largeBodies = options.largeBodies ?? new LargeBodies()
    this.questions = options.questionsFor?.(config.id, (...decided) => this.#onDecided(...decided)) ?? null
    this.#hops = hopsOf(config, options.copies, this.questions)
    this.#tokens = new TokenChecks(config.shadows)
    this.#redactor = new Redactor(config.redaction)
    this.#comparer = config.compare
      ? new Comparer(
          Math.random,
          new Drift(
            { experiment: config.id, snapshotAt: snapshotTime(config) },
            options.heldObjects ?? new HeldObjects(),
          ),
          {},
          (...pair) => redactPair(this.#redactor, ...pair),
          new EndpointNames(config.comparing.endpoints ?? []),
        )
      : null
    this.#comparer?.pair(config.paired ?? true)
    this.#recorder = config.record
      ? new Recorder(
          config.record,
          () => this.#redactor,
          (lines) => options.onRecorded?.(config.id, lines),
        )
      : null
    this.#senders = new ExperimentSenders(config, {
      ...options,
      comparer: this.#comparer,
      recorder: this.#recorder,
      isForbidden: (address, port) => this.#isForbidden(address, port),
      onFinished: (forward, result) => this.#onFinished(forward, result),
      onNotSent: (request) => this.#notSent(request),
    })
    this.#pipeline = new Pipeline(this, {
      ...watchedOf(config),
      limits: bodyLimits(config),
      ...(options.bodies && { bodies: options.bodies }),
    })
  }

  /** Goes on under another configuration; connections that are being followed stay. */
  reconfigure(config: ExperimentConfig): void {
    this.#pipeline.watch(watchedOf(config))
    this.#senders.configure(config)
    if (!isDeepStrictEqual(config.rules, this.#config.rules))
      this.#selector = new Selector(config.id, config.rules, this.#selector)
    if (!isDeepStrictEqual(config.shadows, this.#config.shadows))
      this.#tokens = new TokenChecks(config.shadows)
    if (!isDeepStrictEqual(hopsBasis(config), hopsBasis(this.#config)))
      this.#hops = hopsOf(config, this.#options.copies, this.questions)
    if (!isDeepStrictEqual(config.redaction, this.#config.redaction)) {
      this.#redactedBefore = addAll(this.#redactedBefore, this.#redactor.counts)
      this.#redactor = new Redactor(config.redaction)
    }
    this.#config = config
    this.#comparer?.pair(config.paired ?? true)
    this.#ended = false
  }

  /** The admissions of its sources, by VNI; volumes go on where they were. */
  admissions(): { vni: number | 'any'; admission: Admission<Experiment> }[] {
    return this.#volumes.admissions(this, this.#config)
  }

  /** One inner Ethernet frame, read in place. */
  frame(buffer: Buffer, offset: number, length: number, vni: number, at: number): void {
    this.#pipeline.frame(buffer, offset, length, vni, at)
  }

  /** Counts a packet instead of reading it. */
  leaveOut(): void {
    this.#leftOut++
  }

  /** Called often: what waits for time to pass. */
  tick(now: number): void {
    this.#pipeline.flush(now)
    if (now >= this.#config.until && !this.#ended) {
      this.#ended = true
      this.#pipeline.close(now)
      this.#dropWaiting()
    }
    this.#selector.tick(now)
    this.#comparer?.tick(now)
    this.#recorder?.tick(now)
    this.#senders.expire(performance.now())
    if (!this.#ended && this.#comparer !== null) this.#probes.tick(this.#config.shadows, performance.now())
  }

  /** Says all that can still be said about its connections, then lets the forwarder finish. */
  async stop(now: number, deadlineMs: number): Promise<void> {
    const started = performance.now()
    this.#pipeline.close(now)
    await this.#held.settle(deadlineMs)
    const left = Math.max(0, deadlineMs - (performance.now() - started))
    await this.#senders.stop(left)
    this.#comparer?.close()
    this.#recorder?.close()
  }

  /** Out of the configuration: what waits is dropped, what is in flight may finish. */
  async retire(now: number): Promise<void> {
    this.#ended = true
    this.#pipeline.close(now)
    this.#dropWaiting()
    await this.#senders.stop(RETIRE_MS)
    this.#comparer?.close()
    this.#recorder?.close()
  }

  onRequest(request: Request): void {
    this.#requests.seen++
    const reason = this.#unfit(request) ?? this.#selector.refusal(request, this.#hops)
    if (reason === 'held') this.#held.hold(request)
    else this.#decide(request, reason)
  }

  #decide(request: Request, refused: RequestReason | null): void {
    const reason = refused ?? this.#tokens.refusal(request)
    if (reason !== null) {
      this.#refuse(request, reason)
      return
    }
    const { copies } = this.#selector
    const redacted = this.#redactor.requestOrLarge(request, !this.#selector.isRead, REDACTED_AT_ONCE)
    if (redacted === true) this.#send(request, copies)
    else if (redacted === false) this.#refuse(request, 'held_back.unredactable')
    else this.#redactLater(request, redacted, copies)
  }

  /** Production's side of a request that was forwarded; the pipeline has counted all of them. */
  onExchange(exchange: Exchange): void {
    if (this.#held.keeps(exchange)) return
    this.#recorder?.production(exchange)
    if (this.#comparer === null) return
    if (exchange.request !== null && this.#unsent.has(exchange.request)) this.#comparer.heldWrite(exchange)
    else this.#comparer.production(exchange)
  }

  /** What comparing has found so far; null when nothing is compared. */
  comparison(): Comparison | null {
    return (
      this.#comparer?.encode({
        handshake: this.#pipeline.counters.handshakes.encode(),
        ...this.#probes.encode(),
      }) ?? null
    )
  }

  snapshot(): ExperimentSnapshot {
    const { counters, protocols } = this.#pipeline
    const { packets, segments, bytes, connections, requests: messages, responses } = counters
    const { own, copies, shadows, queueBytes } = this.#senders.snapshot()
    // The experiment has seen them all, its shadows only what the rules let through.
    const requests = addRequestCounters(this.#requests, { ...own.requests, seen: 0 })
    for (const [outcome, reason] of NOT_HANDED_ON) {
      requests.seen += messages[outcome]
      requests.refused[reason] += messages[outcome]
    }
    const { tcp: _, ...others } = packets
    return {
      packets: {
        ...others,
        [OVERLOAD]: this.#leftOut,
        ...Object.fromEntries(Object.entries(segments).map(([kind, count]) => [`tcp.${kind}`, count])),
      },
      sources: this.#volumes.snapshot(),
      gapBytes: bytes.gap,
      cut: connections.capture_end,
      bytes: { ...bytes, held: this.#pipeline.usage.heldBytes },
      truncated: counters.truncatedSegments,
      protocols: connectionsOf(protocols),
      requests,
      copies,
      durations: own.durations,
      headerChanges: own.headerChanges,
      heldBack: this.#heldBack.counts,
      questions: { ...this.questions?.counts },
      recorded: { ...this.#recorder?.counts },
      redacted: addAll(this.#redactedBefore, this.#redactor.counts),
      latency: own.latency,
      lag: own.lag,
      shadows,
      responses: responses.complete,
      queueBytes,
    }
  }

  #unfit(request: Request): RequestReason | null {
    if (this.#ended || request.lastAt >= this.#config.until) return 'dropped.ended'
    return request.body.length === request.bodyLength ? null : 'incomplete.oversized'
  }

  /** Other tasks were asked for another copy. */
  #onDecided(request: Request, isSeen: boolean): void {
    this.#held.finish(request, () => {
      const refusal = () => this.#unfit(request) ?? this.#selector.refusal(request)
      this.#decide(request, isSeen ? 'filtered.other_hop' : refusal())
    })
  }

  #refuse(request: Request, reason: RequestReason): void {
    this.#requests.refused[reason]++
    if (reason === 'held_back.unsafe_method') this.#heldBack.count(request.method, request.target)
    this.#notSent(request)
  }

  #send(request: Request, copies: number): void {
    if (this.#warmUp.isOn(request.lastAt, this.#config.comparing)) this.#comparer?.leaveOut(request)
    else this.#comparer?.expect(request, this.#senders.hasControl)
    this.#recorder?.expect(request)
    this.#senders.submit(request, copies)
  }

  #redactLater(request: Request, body: LargeBody, copies: number): void {
    const isTaken = this.#largeBodies.redact(body, (redacted) =>
      this.#held.finish(request, () => {
        if (redacted === null) return this.#refuse(request, 'held_back.unredactable')
        this.#redactor.finish(request, redacted)
        this.#send(request, copies)
      }),
    )
    if (isTaken) this.#held.hold(request)
    else this.#refuse(request, 'dropped.queue_full')
  }

  #dropWaiting(): void {
    this.#held.giveUp('dropped.ended')
    this.#senders.dropWaiting('dropped.ended')
  }

  #notSent(request: Request): void {
    if (this.#comparer !== null && !isSafeMethod(request.method)) this.#unsent.add(request)
  }

  #onFinished(forward: Forward, result: ShadowResult): void {
    const { startedAt, firstByteAt } = forward
    this.#selector.onResult(result, firstByteAt > 0 ? firstByteAt - startedAt : null)
    if (forward.kept !== null) {
      this.#comparer?.shadow(forward.request, shadowOutcome(forward, result))
      this.#recorder?.shadow(forward, result)
    }
    this.#options.onFinished?.(this.id, forward, result)
  }

  #isForbidden(address: string, port: number): boolean {
    const { allowed, production } = this.#config
    return destinationRefusal(address, port, allowed, production) !== null
  }
}

/** Longer bodies, decoded, would keep packets waiting for more than some milliseconds. */
const REDACTED_AT_ONCE = 128 << 10

/** How long requests in flight of a retired experiment may take. */
const RETIRE_MS = 30_000
