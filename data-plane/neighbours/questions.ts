import type { Request } from '../http/exchange.ts'
import type { CopyNames, OtherTasks } from '../select/hops.ts'
import type { WaitingCopies } from '../select/waiting-copies.ts'
import { BODY_MAX, questionBytes, writeQuestion } from './body.ts'

/** A copy waits so long for another one: its packets may be late, and so may answers. */
export const HOLD_MS = 250
/** So many wait at once, and so many bytes of their bodies. */
export const HELD_MAX = 4_096
const HELD_BYTES_MAX = 16 << 20
/** A copy that another one is asked for is in exactly one of the first four. */
export type QuestionCounts = {
  /** Its answer is waited for. */
  waiting: number
  /** Another task had the other copy. */
  elsewhere: number
  /** It came to this task after all. */
  here: number
  /** Nobody had it in time. */
  unanswered: number
  /** Copies that nobody was asked for: too many waited. */
  unasked: number
  /** Answers that came too late. */
  late: number
}

export const zeroQuestions = (): QuestionCounts => ({
  ...{ waiting: 0, elsewhere: 0, here: 0, unanswered: 0, unasked: 0, late: 0 },
})

/** Another copy of it went (is seen), or it goes on. Called once for each request that was held. */
export type OnDecided = (request: Request, isSeen: boolean) => void

export type QuestionsOptions = {
  copies: WaitingCopies
  /** Sends questions, as `readQuestions` reads them, to all other tasks. */
  ask: (questions: Buffer) => void
  /** Something waits: `turn` is to be called soon, and for as long as they are not idle. */
  onHeld: () => void
  onDecided: OnDecided
}

type Held = {
  readonly request: Request
  readonly names: CopyNames | null
  readonly deadline: number
  outcome: 'seen' | 'first' | null
  /** Who had the other copy; empty for this task. */
  by: string
  /** Of the same connection: what has not gone on yet. */
  before: Held | null
  behind: Held | null
}

/**
 * Copies of requests that wait to be told whether another task of the experiment has the other copy, which was forwarded
 * then. Bounded in time, number and bytes; requests of one connection go on in the order in which they came.
 */
export class Questions implements OtherTasks {
  /** Off: nobody is there to be asked. */
  isOn = false
  readonly counts = zeroQuestions()
  readonly #options: QuestionsOptions
  /** By their ids, which follow one another: from `head` to before `next`, the deadlines in the same order. */
  readonly #asked: (Held | null)[] = []
  #head = 0
  #next = 0
  /** Held without a question, and the bytes of all. */
  #following = 0
  #bytes = 0
  /** The last one of each connection where something waits. */
  readonly #last = new Map<number, Held>()
  #body = Buffer.allocUnsafe(BODY_MAX)
  #length = 0

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#head === this.#next
  }

  hasRoom({ body }: Request): boolean {
    const held = this.#next - this.#head + this.#following
    return held < HELD_MAX && this.#bytes + body.length <= HELD_BYTES_MAX
  }

  /** Asks for the other copy of a request for which there is room. */
  hold(request: Request, names: CopyNames, now: number): void {
    const held = this.#enqueue(request, names, now)
    this.#asked[this.#next % HELD_MAX] = held
    this.counts.waiting++
    const length = questionBytes(names.got)
    if (this.#length + length > BODY_MAX) this.#send()
    writeQuestion(this.#next >>> 0, names.got, this.#body, this.#length)
    this.#length += length
    this.#next++
    this.#options.onHeld()
  }

  /** Whether a request of which nothing is asked has to wait for others of its connection; with no room these go first. */
  follows(request: Request, now: number): boolean {
    const last = this.#last.get(request.connection.id)
    if (last === undefined) return false
    if (this.hasRoom(request)) {
      this.#enqueue(request, null, now).outcome = 'first'
      this.#following++
      return true
    }
    for (let one: Held | null = last; one !== null; one = one.before) this.#expire(one)
    return false
  }

  /** True when the other copy is not needed, since there was one already: it is another request’s. */
  answered(id: number, by: string): boolean {
    const number = this.#head + ((id - this.#head) >>> 0)
    const held = number < this.#next ? this.#asked[number % HELD_MAX] : undefined
    if (!held || held.outcome === 'first') {
      this.counts.late++
      return false
    }
    if (held.outcome === 'seen') return held.by !== by
    this.#decide(held, 'seen', 'elsewhere')
    held.by = by
    return false
  }

  /** Sends what was asked since the last one, lets go what has waited long enough. */
  turn(now: number): void {
    this.#send()
    for (; this.#head < this.#next; this.#head++) {
      const held = this.#asked[this.#head % HELD_MAX] as Held
      if (held.deadline > now) return
      this.#asked[this.#head % HELD_MAX] = null
      this.#bytes -= held.request.body.length
      this.#expire(held)
    }
  }

  #enqueue(request: Request, names: CopyNames | null, now: number): Held {
    const before = this.#last.get(request.connection.id) ?? null
    const held: Held = {
      request,
      names,
      deadline: now + HOLD_MS,
      outcome: null,
      by: '',
      before,
      behind: null,
    }
    if (before !== null) before.behind = held
    this.#bytes += request.body.length
    this.#last.set(request.connection.id, held)
    return held
  }

  #send(): void {
    if (this.#length === 0) return
    this.#options.ask(this.#body.subarray(0, this.#length))
    this.#body = Buffer.allocUnsafe(BODY_MAX)
    this.#length = 0
  }

  /** Nobody had it: perhaps it has come to this task since. */
  #expire(held: Held): void {
    const { names } = held
    if (held.outcome !== null || names === null) return
    const { copies } = this.#options
    const isHere = copies.alone(() => {
      if (copies.take(names.got, names.seenAt)) return true
      copies.add(names.sent, names.seenAt)
      return false
    })
    this.#decide(held, isHere ? 'seen' : 'first', isHere ? 'here' : 'unanswered')
  }

  #decide(held: Held, outcome: 'seen' | 'first', counted: 'elsewhere' | 'here' | 'unanswered'): void {
    held.outcome = outcome
    this.counts.waiting--
    this.counts[counted]++
    if (held.before === null) this.#release(held)
  }

  #release(first: Held): void {
    for (let held: Held | null = first; held !== null && held.outcome !== null; ) {
      const { request, names, behind }: Held = held
      if (names === null) {
        this.#following--
        this.#bytes -= request.body.length
      }
      if (behind === null) this.#last.delete(request.connection.id)
      else behind.before = null
      held.behind = null
      this.#options.onDecided(request, held.outcome === 'seen')
      held = behind
    }
  }
}
