import type { ServerResponse } from 'node:http'
import { mirroringOf } from './mirroring.ts'
import type { State } from './state.ts'

/** A quiet connection still shows that it lives. */
const KEEP_ALIVE_MILLISECONDS = 15_000

/** Tells every listener the whole snapshot at connect, after each change, and now and then. */
export class MirroringStream {
  readonly #state: State
  readonly #listeners = new Set<ServerResponse>()
  readonly #endEvents: () => void
  readonly #keepAlive: NodeJS.Timeout
  #pending = false
  #revision = 0
  #content = ''

  constructor(state: State) {
    this.#state = state
    this.#endEvents = state.onChange(() => this.#soon())
    this.#keepAlive = setInterval(() => this.#tell([...this.#listeners]), KEEP_ALIVE_MILLISECONDS)
    this.#keepAlive.unref()
  }

  connect(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    this.#listeners.add(response)
    response.on('close', () => this.#listeners.delete(response))
    this.#refresh()
    this.#tell([response])
  }

  close(): void {
    this.#endEvents()
    clearInterval(this.#keepAlive)
    for (const response of this.#listeners) response.end()
    this.#listeners.clear()
  }

  /** One line for all changes of one turn. */
  #soon(): void {
    if (this.#pending || this.#listeners.size === 0) return
    this.#pending = true
    setImmediate(() => {
      this.#pending = false
      if (this.#refresh()) this.#tell([...this.#listeners])
    })
  }

  #refresh(): boolean {
    const content = JSON.stringify(mirroringOf(this.#state)).slice(1)
    if (content === this.#content) return false
    this.#content = content
    this.#revision += 1
    return true
  }

  #tell(listeners: readonly ServerResponse[]): void {
    const line = `{"revision":${this.#revision},"at":${this.#state.clock.now()},${this.#content}\n`
    for (const response of listeners) response.write(line)
  }
}
