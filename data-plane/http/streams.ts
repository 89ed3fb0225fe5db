import type { Counters } from '../counters.ts'
import type { Connection, EndReason } from '../tcp/connection.ts'
import type { BodyBudget } from './body.ts'
import { Dialogue } from './dialogue.ts'
import type { DialogueContext } from './dialogue-state.ts'
import type { ExchangeHandler } from './exchange.ts'
import { HttpFlow } from './flow.ts'
import type { HttpLimits } from './limits.ts'
import { ProtocolCounts } from './protocol.ts'

/** Dialogues at rest that are kept for the next message of whatever connection. */
const SPARE_DIALOGUES = 256

/** Reads HTTP on every connection that reassembly gives. */
export class HttpStreams {
  readonly protocols = new ProtocolCounts()
  readonly #context: DialogueContext
  readonly #watched = new Set<Dialogue>()
  readonly #spare: Dialogue[] = []

  constructor(
    handler: ExchangeHandler,
    limits: HttpLimits,
    counters: Counters,
    budget: BodyBudget,
    ignore: (c: Connection<HttpFlow>) => void,
  ) {
    this.#context = {
      handler,
      limits,
      counters,
      budget,
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
    c: Connection<HttpFlow>,
    side: 0 | 1,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void {
    const dialogue = this.#dialogueOf(c)
    dialogue.data(side, b, start, end, sequence, acknowledgement, aligned, at)
    this.#settle(c, dialogue)
  }

  gap(c: Connection<HttpFlow>, side: 0 | 1, bytes: number, at: number): void {
    const dialogue = this.#dialogueOf(c)
    dialogue.gap(side, bytes, at)
    this.#settle(c, dialogue)
  }

  end(c: Connection<HttpFlow>, side: 0 | 1, reason: EndReason, at: number): void {
    if (c.app === null) return
    const dialogue = this.#dialogueOf(c)
    dialogue.end(side, reason, at)
    this.#settle(c, dialogue)
  }

  closed(c: Connection<HttpFlow>): void {
    if (c.app === null) return
    const dialogue = this.#dialogueOf(c)
    dialogue.closed()
    this.#release(c.app, dialogue)
  }

  sweep(now: number): void {
    for (const dialogue of this.#watched) {
      if (now - dialogue.lastAt < dialogue.quietMs) continue
      this.#watched.delete(dialogue)
      dialogue.quiet()
      this.#settle(dialogue.connection, dialogue)
    }
  }

  #dialogueOf(c: Connection<HttpFlow>): Dialogue {
    const flow = c.app
    if (flow !== null && flow.dialogue !== null) return flow.dialogue
    const spare = this.#spare.pop()
    const dialogue = spare ?? new Dialogue(c, this.#context)
    if (spare !== undefined) spare.open(c)
    if (flow !== null) dialogue.resume(flow)
    else c.app = new HttpFlow()
    if (c.app !== null) c.app.dialogue = dialogue
    return dialogue
  }

  /** Takes the dialogue away from a connection that can go on without it. */
  #settle(c: Connection<HttpFlow>, dialogue: Dialogue): void {
    if (c.app !== null && dialogue.rest(c.app)) this.#release(c.app, dialogue)
  }

  #release(flow: HttpFlow, dialogue: Dialogue): void {
    flow.dialogue = null
    if (this.#watched.size > 0) this.#watched.delete(dialogue)
    if (this.#spare.length < SPARE_DIALOGUES) this.#spare.push(dialogue)
  }
}
