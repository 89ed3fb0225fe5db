import type { Counters } from '../counters.ts'
import type { Connection, EndReason } from '../tcp/connection.ts'
import { Dialogue } from './dialogue.ts'
import type { DialogueContext } from './dialogue-state.ts'
import type { ExchangeHandler } from './exchange.ts'
import type { HttpLimits } from './limits.ts'
import { ProtocolCounts } from './protocol.ts'

/** Reads HTTP on every connection that reassembly gives. */
export class HttpStreams {
  readonly protocols = new ProtocolCounts()
  readonly #context: DialogueContext
  readonly #watched = new Set<Dialogue>()

  constructor(
    handler: ExchangeHandler,
    limits: HttpLimits,
    counters: Counters,
    ignore: (c: Connection<Dialogue>) => void,
  ) {
    this.#context = {
      handler,
      limits,
      counters,
      budget: { used: 0, limit: limits.totalBodyBytes },
      protocols: this.protocols,
      ignore,
      watch: (dialogue) => this.#watched.add(dialogue),
    }
  }

  /** Bytes of unfinished bodies. */
  get bodyBytes(): number {
    return this.#context.budget.used
  }

  data(
    c: Connection<Dialogue>,
    side: 0 | 1,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void {
    c.app ??= new Dialogue(c, this.#context)
    c.app.data(side, b, start, end, sequence, acknowledgement, aligned, at)
  }

  gap(c: Connection<Dialogue>, side: 0 | 1, bytes: number, at: number): void {
    c.app ??= new Dialogue(c, this.#context)
    c.app.gap(side, bytes, at)
  }

  end(c: Connection<Dialogue>, side: 0 | 1, reason: EndReason, at: number): void {
    c.app?.end(side, reason, at)
  }

  closed(c: Connection<Dialogue>): void {
    if (c.app === null) return
    c.app.closed()
    this.#watched.delete(c.app)
  }

  sweep(now: number): void {
    for (const dialogue of this.#watched) {
      if (now - dialogue.lastAt < dialogue.quietMs) continue
      this.#watched.delete(dialogue)
      dialogue.quiet()
    }
  }
}
