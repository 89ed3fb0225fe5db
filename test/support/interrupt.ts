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
 * Kills a control plane around the n-th call that changes something, counted from 0: `before` it reaches AWS, or when it
 * has been done and its answer is `lost`. Every later call of these clients dies, too. Without n it only counts.
 */
export class Interrupt {
  calls: string[] = []
  killed = false
  readonly #at: number
  readonly #when: 'before' | 'lost'

  constructor(at: number, when: 'before' | 'lost') {
    this.#at = at
    this.#when = when
  }

  attach(clients: Clients): void {
    for (const client of Object.values(clients)) {
      const middlewareStack = client.middlewareStack as unknown as Stack
      // Outside the retries: one call is one call, however often it is sent.
      middlewareStack.add(this.#middleware, { step: 'initialize', priority: 'low', name: 'interrupt' })
    }
  }

  readonly #middleware: Middleware = (next, context) => async (args) => {
    if (this.killed) throw new Killed()
    const name = String(context.commandName)
    const fatal = CHANGES.test(name) && this.calls.push(name) - 1 === this.#at
    if (fatal && this.#when === 'before') this.#die()
    const answer = await next(args)
    if (fatal || this.killed) this.#die()
    return answer
  }

  #die(): never {
    this.killed = true
    throw new Killed()
  }
}
