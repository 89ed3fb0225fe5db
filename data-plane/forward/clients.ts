import type { Client } from 'undici'
import type { Forward } from './forward.ts'

/**
 * HTTP/1.1 connections to one shadow, each an undici client of its own, made when all others are taken. Whoever sends keeps
 * to a bound. The one that was used last goes first, so that those which are not needed close. An undici pool does the
 * same with a queue and events of its own, which cost more than the rest of forwarding does here.
 */
export class Clients {
  readonly #make: () => Client
  readonly #all: Client[] = []
  readonly #free: Client[] = []

  constructor(make: () => Client) {
    this.#make = make
  }

  send(forward: Forward): void {
    const client = this.#free.pop() ?? this.#add()
    forward.client = client
    client.dispatch(forward, forward)
  }

  /** The request has finished: what it was sent on takes another one. */
  release(forward: Forward): void {
    const { client } = forward
    if (client === null) return
    forward.client = null
    this.#free.push(client)
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#all.map((client) => client.destroy()))
  }

  #add(): Client {
    const client = this.#make()
    this.#all.push(client)
    return client
  }
}
