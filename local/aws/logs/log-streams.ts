/** One line of a log, at its time in milliseconds since 1970. */
export type LogEvent = Readonly<{ id: string; timestamp: number; message: string; ingestedAt: number }>

/** The oldest are forgotten beyond this: these endpoints keep logs in memory only. */
const KEPT_EVENTS = 50_000

/** The streams of one log group, each in order of time. */
export class LogStreams {
  readonly #streams = new Map<string, LogEvent[]>()

  /** False when there is one of that name. */
  create(name: string): boolean {
    if (this.#streams.has(name)) return false
    this.#streams.set(name, [])
    return true
  }

  /** False when there is no such stream. */
  put(name: string, events: readonly LogEvent[]): boolean {
    const stream = this.#streams.get(name)
    if (!stream) return false
    stream.push(...events)
    stream.sort((a, b) => a.timestamp - b.timestamp)
    stream.splice(0, stream.length - KEPT_EVENTS)
    return true
  }

  /** Events of the streams that are asked for, from one time to another, both included, in order of time. */
  between(from: number, to: number, asked: (name: string) => boolean): (LogEvent & { stream: string })[] {
    return [...this.#streams]
      .filter(([name]) => asked(name))
      .flatMap(([stream, events]) =>
        events
          .filter(({ timestamp }) => timestamp >= from && timestamp <= to)
          .map((event) => ({ ...event, stream })),
      )
      .sort((a, b) => a.timestamp - b.timestamp)
  }
}
