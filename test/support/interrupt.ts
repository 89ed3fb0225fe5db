import type { Clients } from '../../functions/clients.ts'

/** The process is dead: nothing it does from here on happens. */
export class Killed extends Error {
  constructor() {
    super('the process was killed')
    this.name = 'Killed'
  }
}

type Send = (args: object) => Promise<object>
type Middleware = (next: Send, context: Readonly<Record<string, unknown>>) => Send
type Stack = { add(middleware: Middleware, options: Readonly<Record<string, string>>): void }

const CHANGES = /^(Create|Modify|Update|Delete|Put|Batch)/

/**
 * Kills a control plane around the n-th call that changes something, counted from 0, or one after the other around the first
 * call of each kind: `before` it reaches AWS, or when it has been done and its answer is `lost`. Every later call of these
 * clients dies, too. With n out of reach it only counts.
 */
export class Interrupt {
  calls: string[] = []
  readonly #at: number | 'each-kind'
  readonly #when: 'before' | 'lost'
  #life = { over: false }

  constructor(at: number | 'each-kind', when: 'before' | 'lost') {
    this.#at = at
    this.#when = when
  }

  get killed(): boolean {
    return this.#life.over
  }

  /** The clients of a control plane that takes over from the dead. */
  succeed(clients: Clients): void {
    this.#life = { over: false }
    this.attach(clients)
  }

  attach(clients: Clients): void {
    const middleware = this.#within(this.#life)
    for (const client of Object.values(clients)) {
      const middlewareStack = client.middlewareStack as unknown as Stack
      // Outside the retries: one call is one call, however often it is sent.
      middlewareStack.add(middleware, { step: 'initialize', priority: 'low', name: 'interrupt' })
    }
  }

  #within(life: { over: boolean }): Middleware {
    const die = (): never => {
      life.over = true
      throw new Killed()
    }
    return (next, context) => async (args) => {
      if (life.over) throw new Killed()
      const name = String(context.commandName)
      const fatal = CHANGES.test(name) && this.#isFatal(name)
      if (fatal && this.#when === 'before') die()
      const answer = await next(args)
      if (fatal || life.over) die()
      return answer
    }
  }

  /** Whether its place or its kind is the one; counts it. */
  #isFatal(name: string): boolean {
    const isFirst = !this.calls.includes(name)
    const place = this.calls.push(name) - 1
    return this.#at === 'each-kind' ? isFirst : place === this.#at
  }
}
