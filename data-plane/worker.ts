import { addComparisons, type Comparison } from '../contract/comparison.ts'
import { HeldObjects } from './compare/held-objects.ts'
import type { HostPort } from './config.ts'
import { Experiment } from './experiment.ts'
import { asksOthers, type ExperimentConfig } from './experiment-config.ts'
import type { ExperimentOptions } from './experiment-options.ts'
import type { BodyBudget } from './http/body.ts'
import { HTTP_LIMITS } from './http/limits.ts'
import { Questions } from './neighbours/questions.ts'
import { LargeBodies } from './redact/large-bodies.ts'
import { FairShare } from './select/fair-share.ts'
import { type Admission, Gate } from './select/gate.ts'
import { WaitingCopies } from './select/waiting-copies.ts'
import type { DatagramSource } from './source/datagram-source.ts'
import { type OpenedSource, openSource } from './source/open.ts'
import { addExperiments, emptySnapshot, type Snapshot } from './telemetry/snapshot.ts'
import { GeneveTunnel } from './wire/geneve-tunnel.ts'
import { HEADER_LENGTH, vni } from './wire/vxlan.ts'

/** How often connections are looked at that wait for time to pass. */
const TICK_MS = 100
/** Questions to other tasks are gathered for so long. */
const QUESTIONS_MS = 4
/** Experiments that are over keep their counters for reports: so many of them. */
const PAST_EXPERIMENTS_MAX = 200

export type WorkerOptions = {
  host: string
  port: number
  /** Where a Gateway Load Balancer sends VXLAN inside GENEVE; null or absent listens for none. */
  geneve?: HostPort | null
  /** Other workers have sockets on the same address. */
  shared: boolean
  experiment?: ExperimentOptions
  /** Memory of `HeldObjects` and of `WaitingCopies` that all workers of the task share. */
  shares?: { heldObjects: SharedArrayBuffer; copies: SharedArrayBuffer }
  /** The socket failed, or handling a datagram did: a defect, told once per kind. */
  onError: (error: Error, fatal: boolean) => void
  /** Gets what an experiment records, in whole lines. */
  onRecorded?: (experiment: string, lines: Buffer) => void
  /** Reaches other tasks, which may have read another copy of a request; left out where there are none. */
  neighbours?: AskedNeighbours
  /** Milliseconds since the epoch. */
  clock: () => number
}

/** Sends questions to all of them; and says to one that has answered that its copies were not needed. */
export type AskedNeighbours = {
  ask: (experiment: string, questions: Buffer) => void
  giveBack: (experiment: string, ids: number[], by: string) => void
}

/**
 * The whole way of a packet, from socket to shadow, for one thread. Several share the UDP address, of which the kernel
 * keeps each mirrored flow on one, which objects held-back writes were about, and which requests may come again on another hop;
 * nothing else.
 */
export class Worker {
  readonly #options: WorkerOptions
  readonly #gate = new Gate<Experiment>()
  readonly #heldObjects: HeldObjects
  readonly #copies: WaitingCopies
  readonly #largeBodies = new LargeBodies()
  readonly #bodies: BodyBudget = { used: 0, limit: HTTP_LIMITS.totalBodyBytes }
  readonly #active = new Map<string, Experiment>()
  #configs: readonly ExperimentConfig[] = []
  /** Oldest first; an id that comes back has its counts added up. */
  readonly #past: Experiment[] = []
  readonly #tunnel = new GeneveTunnel()
  #opened: OpenedSource | null = null
  #openedGeneve: OpenedSource | null = null
  #received = 0
  #reportedDefect = false
  #timer: NodeJS.Timeout | null = null
  #questionTimer: NodeJS.Timeout | null = null
  #hasNeighbours = false

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#heldObjects = new HeldObjects(options.shares?.heldObjects)
    this.#copies = new WaitingCopies(options.shares?.copies)
  }

  /** Binds the socket; fails with the system's error when it cannot. */
  async start(): Promise<OpenedSource> {
    const { host, port, geneve, shared, onError } = this.#options
    const onFailure = (error: Error) => onError(error, true)
    const share = new FairShare<Experiment>()
    const geneveShare = new FairShare<Experiment>()
    this.#opened = await openSource({
      host,
      port,
      shared,
      onTurn: (backlog) => share.turn(backlog, this.#active.size),
      onDatagram: (buffer, offset, length, source, at) => {
        this.#received++
        this.#datagram(buffer, offset, length, source, at, share)
      },
      onFailure,
    })
    if (geneve)
      this.#openedGeneve = await openSource({
        ...geneve,
        shared,
        onTurn: (backlog) => geneveShare.turn(backlog, this.#active.size),
        onDatagram: (buffer, offset, length, _, at) => this.#geneve(buffer, offset, length, at, geneveShare),
        onFailure,
      })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    return this.#opened
  }

  /** Runs exactly these experiments. What goes on under the same id keeps its connections and counters. */
  configure(configs: readonly ExperimentConfig[]): void {
    const wanted = new Set(configs.map(({ id }) => id))
    for (const id of [...this.#active.keys()]) if (!wanted.has(id)) this.#retire(id)
    for (const config of configs) {
      const running = this.#active.get(config.id)
      if (running) running.reconfigure(config)
      else this.#active.set(config.id, this.#open(config))
      this.#askOthers(config)
    }
    this.#configs = configs
    if (configs.length === 0) this.#heldObjects.clear()
    const byVni = new Map<number, Admission<Experiment>>()
    let others: Admission<Experiment> | null = null
    for (const experiment of this.#active.values())
      for (const { vni: network, admission } of experiment.admissions())
        if (network === 'any') others = admission
        else byVni.set(network, admission)
    this.#gate.admitOnly(byVni, others)
  }

  /** Whether there are other tasks to be asked. */
  introduce(hasNeighbours: boolean): void {
    this.#hasNeighbours = hasNeighbours
    for (const config of this.#configs) this.#askOthers(config)
  }

  /** Another task had the copies that these questions ask for. */
  answered(experiment: string, ids: readonly number[], by: string): void {
    const questions = this.#active.get(experiment)?.questions
    const unneeded = ids.filter((id) => questions?.answered(id, by))
    if (unneeded.length > 0) this.#options.neighbours?.giveBack(experiment, unneeded, by)
  }

  snapshot(): Snapshot {
    const snapshot = emptySnapshot()
    snapshot.received = this.#received
    snapshot.datagrams = { ...this.#gate.counters }
    for (const opened of [this.#opened, this.#openedGeneve]) {
      if (opened === null) continue
      const { kernelOverflow, ringFull } = opened.source.losses()
      snapshot.ringFull += ringFull
      if (kernelOverflow === null) snapshot.kernelOverflow = null
      else if (snapshot.kernelOverflow !== null) snapshot.kernelOverflow += kernelOverflow
    }
    for (const experiment of [...this.#past, ...this.#active.values()]) {
      const before = snapshot.experiments[experiment.id]
      const counted = experiment.snapshot()
      snapshot.experiments[experiment.id] = before ? addExperiments(before, counted) : counted
    }
    return snapshot
  }

  /** What comparing has found, by experiment. */
  comparisons(): Record<string, Comparison> {
    const found: Record<string, Comparison> = {}
    for (const experiment of [...this.#past, ...this.#active.values()]) {
      const comparison = experiment.comparison()
      if (comparison === null) continue
      const before = found[experiment.id]
      found[experiment.id] = before ? addComparisons(before, comparison) : comparison
    }
    return found
  }

  /** Stops receiving, reads what was received, lets what can finish finish. */
  async stop(deadlineMs: number): Promise<void> {
    const started = performance.now()
    await Promise.all([this.#opened?.source.stop(), this.#openedGeneve?.source.stop()])
    if (this.#timer) clearInterval(this.#timer)
    const left = Math.max(0, deadlineMs - (performance.now() - started))
    await Promise.all(
      [...this.#active.values()].map((experiment) => experiment.stop(this.#options.clock(), left)),
    )
    if (this.#questionTimer) clearTimeout(this.#questionTimer)
    this.#largeBodies.close()
  }

  get source(): DatagramSource | null {
    return this.#opened?.source ?? null
  }

  /** Where GENEVE is listened for. */
  get geneve(): DatagramSource | null {
    return this.#openedGeneve?.source ?? null
  }

  /** What is inside counts where it came from: the outer source is the load balancer's. */
  #geneve(buffer: Buffer, offset: number, length: number, at: number, share: FairShare<Experiment>): void {
    this.#received++
    const kind = this.#tunnel.unwrap(buffer, offset, length, at)
    if (kind !== 'vxlan') {
      this.#gate.counters[kind]++
      return
    }
    const { buffer: inner, start, end } = this.#tunnel.payload
    this.#datagram(inner, start, end - start, this.#tunnel.source, at, share)
  }

  #datagram(
    buffer: Buffer,
    offset: number,
    length: number,
    source: number,
    at: number,
    share: FairShare<Experiment>,
  ): void {
    const admission = this.#gate.admit(buffer, offset, length, source, at)
    if (admission === null) return
    if (share.isOn && !share.takes(admission.target)) {
      admission.target.leaveOut()
      return
    }
    try {
      admission.target.frame(buffer, offset + HEADER_LENGTH, length - HEADER_LENGTH, vni(buffer, offset), at)
    } catch (error) {
      this.#onDefect(error)
    }
  }

  #tick(): void {
    const now = this.#options.clock()
    try {
      for (const experiment of this.#active.values()) experiment.tick(now)
    } catch (error) {
      this.#onDefect(error)
    }
  }

  #askOthers(config: ExperimentConfig): void {
    const questions = this.#active.get(config.id)?.questions
    if (questions) questions.isOn = this.#hasNeighbours && asksOthers(config)
  }

  #onHeld(): void {
    this.#questionTimer ??= setTimeout(() => {
      this.#questionTimer = null
      const now = performance.now()
      for (const { questions } of this.#active.values()) {
        questions?.turn(now)
        if (questions?.isIdle === false) this.#onHeld()
      }
    }, QUESTIONS_MS)
  }

  #open(config: ExperimentConfig): Experiment {
    const { onRecorded, experiment, neighbours } = this.#options
    return new Experiment(config, {
      heldObjects: this.#heldObjects,
      copies: this.#copies,
      largeBodies: this.#largeBodies,
      bodies: this.#bodies,
      ...(onRecorded && { onRecorded }),
      ...(neighbours && {
        questionsFor: (id, onDecided) =>
          new Questions({
            copies: this.#copies,
            ask: (questions) => neighbours.ask(id, questions),
            onHeld: () => this.#onHeld(),
            onDecided,
          }),
      }),
      ...experiment,
    })
  }

  /** What is under way may finish; nothing new is sent. */
  #retire(id: string): void {
    const experiment = this.#active.get(id)
    if (!experiment) return
    this.#active.delete(id)
    this.#past.push(experiment)
    if (this.#past.length > PAST_EXPERIMENTS_MAX) this.#past.shift()
    void experiment.retire(this.#options.clock())
  }

  /** The packet path does not throw; should it nevertheless, one packet is lost and not the gateway. */
  #onDefect(error: unknown): void {
    if (this.#reportedDefect) return
    this.#reportedDefect = true
    this.#options.onError(error instanceof Error ? error : new Error(String(error)), false)
  }
}
