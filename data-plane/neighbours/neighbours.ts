import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { GatewayTask } from '../../contract/gateway-tasks.ts'
import type { WaitingCopies } from '../select/waiting-copies.ts'
import { Answers } from './answers.ts'
import { idBodies, idOf, keyOf, readIds, readQuestions, workerOf } from './body.ts'
import { decode, encode, isAuthentic, type Kind, type Message, taskTag } from './datagram.ts'
import { type NeighbourKeys, neighbourKeys } from './keys.ts'

/** How often questions are looked at again that wait for their copy. */
const TURN_MS = 25
/** Datagrams that were sent longer ago are somebody else’s repetition; clocks differ less. */
const FRESH_MS = 5_000

export type NeighboursOptions = {
  host: string
  port: number
  task: string
  /** Those that all workers of this task share. */
  copies: WaitingCopies
  /** Another task has what these questions of a worker ask for; `by` is what it is called here. */
  onAnswers: (worker: number, experiment: string, ids: number[], by: string) => void
  /** Milliseconds since the epoch. */
  clock: () => number
}

/** Datagrams by what became of them; questions of others, how many copies were given for them, and given back. */
export type NeighbourCounts = Record<
  | 'sent'
  | 'unsent'
  | 'accepted'
  | 'malformed'
  | 'unknown'
  | 'forged'
  | 'repeated'
  | 'asked'
  | 'given'
  | 'returned',
  number
>

type Neighbour = {
  readonly tag: string
  readonly at: GatewayTask
  /** When it sent what it sent last, or came to be known: nothing counts that it did not send later. */
  microseconds: number
}
type Asking = {
  readonly id: string
  readonly key: string
  readonly keys: NeighbourKeys
  /** By the tag of who asks. */
  readonly answers: Map<string, Answers>
}

/**
 * The other gateway tasks, as one of them asks and answers them over UDP. Only what proves to come from another task of the
 * same experiment counts, once; what is lost is an answer that never comes.
 */
export class Neighbours {
  readonly counts: NeighbourCounts = {
    ...{ sent: 0, unsent: 0, accepted: 0, malformed: 0, unknown: 0, forged: 0, repeated: 0 },
    ...{ asked: 0, given: 0, returned: 0 },
  }
  readonly #options: NeighboursOptions
  readonly #own: string
  readonly #socket: Socket
  /** By their tags. */
  #neighbours: ReadonlyMap<string, Neighbour> = new Map()
  #experiments: ReadonlyMap<string, Asking> = new Map()
  #port = 0
  #microseconds = 0
  #timer: NodeJS.Timeout | null = null

  constructor(options: NeighboursOptions) {
    this.#options = options
    this.#own = taskTag(options.task)
    this.#socket = createSocket('udp4')
    this.#socket.on('message', (datagram) => this.#receive(datagram))
  }

  /** Fails when the address is taken. */
  async start(): Promise<void> {
    const { host, port } = this.#options
    this.#socket.bind({ address: host, port, exclusive: true })
    await once(this.#socket, 'listening').catch((cause: Error) => {
      throw new Error(`cannot listen for other tasks on ${host}:${port}`, { cause })
    })
    this.#port = this.#socket.address().port
    this.#socket.on('error', () => this.counts.unsent++)
  }

  get host(): string {
    return this.#options.host
  }

  get port(): number {
    return this.#port
  }

  get copies(): WaitingCopies {
    return this.#options.copies
  }

  /** How many other tasks are known. */
  get size(): number {
    return this.#neighbours.size
  }

  /** Whether there is an experiment to ask about. */
  get isNeeded(): boolean {
    return this.#experiments.size > 0
  }

  /** Asks and answers about exactly these experiments. */
  configure(experiments: readonly { id: string; key: string }[]): void {
    const before = new Map([...this.#experiments.values()].map((one) => [`${one.id} ${one.key}`, one]))
    const asking = experiments.map(
      ({ id, key }): Asking =>
        before.get(`${id} ${key}`) ?? { id, key, keys: neighbourKeys(id, key), answers: new Map() },
    )
    this.#experiments = new Map(asking.map((one) => [one.keys.tag, one]))
  }

  /** Exactly these tasks run, this one perhaps among them. */
  introduce(tasks: readonly GatewayTask[]): void {
    const before = this.#options.clock() * 1_000 - 1
    const others = tasks.map((at): Neighbour => {
      const tag = taskTag(at.task)
      return { tag, at, microseconds: this.#neighbours.get(tag)?.microseconds ?? before }
    })
    this.#neighbours = new Map(others.filter(({ tag }) => tag !== this.#own).map((one) => [one.tag, one]))
    for (const { answers } of this.#experiments.values())
      for (const tag of answers.keys()) if (!this.#neighbours.has(tag)) answers.delete(tag)
  }

  /** Asks all others on behalf of a worker. */
  ask(worker: number, experiment: string, questions: Buffer): void {
    const asking = this.#asking(experiment)
    if (asking === null) return
    for (const neighbour of this.#neighbours.values())
      this.#send(neighbour, asking, 'questions', worker, questions)
  }

  /** What a worker got from a task for these questions, that one has again. */
  giveBack(worker: number, experiment: string, ids: readonly number[], by: string): void {
    const asking = this.#asking(experiment)
    const neighbour = this.#neighbours.get(by)
    if (asking === null || neighbour === undefined) return
    for (const body of idBodies(ids)) this.#send(neighbour, asking, 'returned', worker, body)
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #asking(experiment: string): Asking | null {
    for (const asking of this.#experiments.values()) if (asking.id === experiment) return asking
    return null
  }

  #send({ at, tag }: Neighbour, { keys }: Asking, kind: Kind, worker: number, body: Buffer): void {
    this.#microseconds = Math.max(this.#microseconds + 1, Math.floor(this.#options.clock() * 1_000))
    const message = {
      ...{ kind, worker, body, experiment: keys.tag, sender: this.#own },
      microseconds: this.#microseconds,
    }
    this.#socket.send(encode(message, tag, keys), at.port, at.address, (error) => {
      if (error) this.counts.unsent++
      else this.counts.sent++
    })
  }

  #receive(datagram: Buffer): void {
    const message = decode(datagram)
    if (message === null) {
      this.counts.malformed++
      return
    }
    const asking = this.#experiments.get(message.experiment)
    const neighbour = this.#neighbours.get(message.sender)
    if (asking === undefined || neighbour === undefined) this.counts.unknown++
    else if (!isAuthentic(datagram, this.#own, asking.keys)) this.counts.forged++
    else if (!this.#isNew(message, neighbour)) this.counts.repeated++
    else if (this.#handle(message, asking, neighbour)) this.counts.accepted++
    else this.counts.malformed++
  }

  #isNew({ microseconds }: Message, neighbour: Neighbour): boolean {
    const age = this.#options.clock() - microseconds / 1_000
    if (microseconds <= neighbour.microseconds || Math.abs(age) > FRESH_MS) return false
    neighbour.microseconds = microseconds
    return true
  }

  /** False when its body is not what its kind says. */
  #handle({ kind, worker, body }: Message, asking: Asking, neighbour: Neighbour): boolean {
    if (kind === 'questions') {
      const questions = readQuestions(body, worker)
      if (questions === null) return false
      this.counts.asked += questions.length
      const answers = asking.answers.get(neighbour.tag) ?? new Answers(this.#options.copies)
      asking.answers.set(neighbour.tag, answers)
      this.#answer(neighbour, asking, answers.ask(questions, this.#options.clock()))
      this.#timer ??= setInterval(() => this.#turn(), TURN_MS)
      return true
    }
    const ids = readIds(body)
    if (ids === null) return false
    if (kind === 'answers') this.#options.onAnswers(worker, asking.id, ids, neighbour.tag)
    else {
      const keys = ids.map((id) => keyOf(worker, id))
      this.counts.returned += asking.answers.get(neighbour.tag)?.takeBack(keys) ?? 0
    }
    return true
  }

  #turn(): void {
    let waiting = 0
    for (const asking of this.#experiments.values())
      for (const [tag, answers] of asking.answers) {
        const neighbour = this.#neighbours.get(tag)
        if (neighbour) this.#answer(neighbour, asking, answers.turn(this.#options.clock()))
        waiting += answers.size
      }
    if (waiting > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #answer(neighbour: Neighbour, asking: Asking, keys: readonly number[]): void {
    this.counts.given += keys.length
    const byWorker = Map.groupBy(keys, workerOf)
    for (const [worker, own] of byWorker)
      for (const body of idBodies(own.map(idOf))) this.#send(neighbour, asking, 'answers', worker, body)
  }
}
