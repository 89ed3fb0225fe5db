import type { Clients } from '../../functions/clients.ts'

/** The process is dead: nothing it does from here on happens. */
export class Killed extends Error {
  constructor() {
    super('the process was killed')
    this.name = 'Killed'
  }
}

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
    // biome-ignore lint/suspicious/noExplicitAny: the clients' own middleware stacks differ in types only
    for (const client of Object.values(clients))
      (client.middlewareStack as any).add(
        (next: (args: unknown) => Promise<unknown>, context: { commandName?: string }) =>
          async (args: unknown) => {
            if (this.killed) throw new Killed()
            const name = context.commandName ?? ''
            const fatal = CHANGES.test(name) && this.calls.push(name) - 1 === this.#at
            if (fatal && this.#when === 'before') this.#die()
            const answer = await next(args)
            if (fatal || this.killed) this.#die()
            return answer
          },
        // Outside the retries: one call is one call, however often it is sent.
        { step: 'initialize', priority: 'low', name: 'interrupt' },
      )
  }

  #die(): never {
    this.killed = true
    throw new Killed()
  }
}
