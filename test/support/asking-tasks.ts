import type { Request } from '../../data-plane/http/exchange.ts'
import { Answers, WAIT_MS } from '../../data-plane/neighbours/answers.ts'
import { keyOf, readQuestions } from '../../data-plane/neighbours/body.ts'
import { Questions } from '../../data-plane/neighbours/questions.ts'
import { Hops } from '../../data-plane/select/hops.ts'
import { memoryFor, WaitingCopies } from '../../data-plane/select/waiting-copies.ts'

/** What becomes of a message between two tasks: milliseconds on its way; null when it is lost. */
export type Network = () => number | null

const TURN_MS = 5
const ANSWERS_TURN_MS = 25

/** Tasks of one worker each that ask each other, under a clock and over a network that a test makes up. */
export class AskingTasks {
  /** By task, in the order in which they went. */
  readonly forwarded: Request[][]
  readonly left: Request[] = []
  readonly tasks: readonly { questions: Questions; hops: Hops; answers: ReadonlyMap<number, Answers> }[]
  readonly #network: Network
  readonly #events: { at: number; happen: () => void }[] = []
  now = 0

  constructor(count: number, sources: readonly string[], network: Network) {
    this.#network = network
    this.forwarded = Array.from({ length: count }, () => [])
    const copies = Array.from({ length: count }, () => new WaitingCopies(memoryFor(1_024)))
    this.tasks = copies.map((own, task) => {
      const questions = new Questions({
        copies: own,
        ask: (body) => this.#ask(task, Buffer.from(body)),
        onHeld: () => undefined,
        onDecided: (request, isSeen) => this.#decided(task, request, isSeen),
      })
      questions.isOn = true
      const others = [...copies.keys()].filter((other) => other !== task)
      return {
        questions,
        hops: new Hops(sources, 'once', 'exp', own, questions),
        answers: new Map(others.map((other) => [other, new Answers(own)])),
      }
    })
  }

  /** A task reads these copies at these times; then as long goes by as anything can wait. */
  run(read: readonly { task: number; at: number; request: Request }[]): void {
    for (const { task, at, request } of read)
      this.#later(at, () => {
        const hop = this.tasks[task]?.hops.look(request, this.now)
        if (hop !== 'held') this.#decided(task, request, hop === 'seen')
      })
    const end = Math.max(0, ...read.map(({ at }) => at)) + 4 * WAIT_MS
    for (let at = 0; at <= end; at += TURN_MS)
      this.#later(at, () => {
        for (const [task, { questions, answers }] of this.tasks.entries()) {
          questions.turn(this.now)
          if (at % ANSWERS_TURN_MS === 0)
            for (const [by, theirs] of answers) this.#answer(task, by, theirs.turn(this.now))
        }
      })
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.now = next.at
      next.happen()
    }
  }

  #decided(task: number, request: Request, isSeen: boolean): void {
    if (isSeen) this.left.push(request)
    else this.forwarded[task]?.push(request)
  }

  #ask(task: number, body: Buffer): void {
    for (const [other, { answers }] of this.tasks.entries())
      this.#send(() => {
        const given = answers.get(task)?.ask(readQuestions(body, 0) ?? [], this.now)
        if (given) this.#answer(other, task, given)
      })
  }

  #answer(task: number, asker: number, keys: readonly number[]): void {
    for (const id of keys)
      this.#send(() => {
        const isUnneeded = this.tasks[asker]?.questions.answered(id, `${task}`)
        if (isUnneeded) this.#send(() => this.tasks[task]?.answers.get(asker)?.takeBack([keyOf(0, id)]))
      })
  }

  #send(arrive: () => void): void {
    const delay = this.#network()
    if (delay !== null) this.#later(this.now + delay, arrive)
  }

  #later(at: number, happen: () => void): void {
    const place = this.#events.findLastIndex((event) => event.at <= at)
    this.#events.splice(place + 1, 0, { at, happen })
  }

  #next() {
    return this.#events.shift()
  }
}
