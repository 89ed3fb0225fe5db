import type { CallRecord } from '../../local/aws/call-log.ts'

/** What the endpoints’ own log says was used: nothing in here asks the product, or shares code with it. */
type SessionUse = { id: string; experiment: string; from: number; to: number }
type TaskUse = { from: number; to: number }

const HOUR_MS = 3_600_000
const USD = { session: 0.015, nlcu: 0.006, vcpuHour: 0.03238, gbHour: 0.00356, crossAz: 0.01 }

/** A bill, written along as calls are made. Lines that were never ended go on. */
export class Bill {
  readonly #sessions = new Map<string, SessionUse>()
  readonly #tasks = new Map<string, TaskUse>()
  readonly #calls = new Map<string, number>()
  #next = 0

  /** Takes what was logged since the last time. @throws when some of it is forgotten already */
  async read(address: string): Promise<void> {
    const response = await fetch(`${address}/-/calls?after=${this.#next}`)
    const { calls, next, forgotten } = (await response.json()) as {
      calls: CallRecord[]
      next: number
      forgotten: boolean
    }
    if (forgotten) throw new Error('the call log has forgotten calls that were not read')
    this.#next = next
    for (const call of calls) if (call.errorCode === null) this.#take(call)
  }

  #take({ at, action, input, created, deleted }: CallRecord): void {
    this.#calls.set(action, this.calls(action) + 1)
    for (const id of created) {
      if (id.startsWith('tms-') && !this.#sessions.has(id))
        this.#sessions.set(id, {
          id,
          experiment: experimentIn(input),
          from: at,
          to: Number.POSITIVE_INFINITY,
        })
      if (action === 'Task running') this.#tasks.set(id, { from: at, to: Number.POSITIVE_INFINITY })
    }
    for (const id of deleted) {
      const used = this.#sessions.get(id) ?? this.#tasks.get(id)
      if (used && used.to === Number.POSITIVE_INFINITY) used.to = at
    }
  }

  calls(action: string): number {
    return this.#calls.get(action) ?? 0
  }

  /** Of all experiments, or of one; as they were at a time. */
  sessions(experiment?: string, until = Number.POSITIVE_INFINITY): SessionUse[] {
    return [...this.#sessions.values()]
      .filter((one) => experiment === undefined || one.experiment === experiment)
      .map((one) => ({ ...one, to: Math.min(one.to, until) }))
  }

  /** Begun hours, whole. */
  sessionHours(experiment: string, until?: number): number {
    return this.sessions(experiment, until).reduce(
      (sum, { from, to }) => sum + Math.max(1, Math.ceil((to - from) / HOUR_MS)),
      0,
    )
  }

  /** Hours as far as they were used: if AWS bills partial hours. */
  exactSessionHours(experiment: string, until?: number): number {
    return this.sessions(experiment, until).reduce((sum, { from, to }) => sum + (to - from) / HOUR_MS, 0)
  }

  /** Those that run still have run until `now`. */
  taskSeconds(now = Number.POSITIVE_INFINITY): number {
    return [...this.#tasks.values()].reduce((sum, { from, to }) => sum + (Math.min(to, now) - from) / 1000, 0)
  }

  /**
   * Task seconds of one of several experiments that need gateways: those of a moment are shared by all who need them then.
   */
  taskSecondsOf(experiment: string, needs: ReadonlyMap<string, { from: number; to: number }>): number {
    const mine = needs.get(experiment)
    if (!mine) return 0
    const edges = [...needs.values()]
      .flatMap(({ from, to }) => [from, to])
      .filter((at) => at > mine.from && at < mine.to)
    const times = [mine.from, ...edges.sort((a, b) => a - b), mine.to]
    let seconds = 0
    for (const [index, from] of times.entries()) {
      const to = times[index + 1]
      if (to === undefined || to <= from) continue
      const sharers = [...needs.values()].filter((one) => one.from <= from && one.to >= to).length
      for (const task of this.#tasks.values())
        seconds += Math.max(0, Math.min(to, task.to) - Math.max(from, task.from)) / 1000 / sharers
    }
    return seconds
  }

  /** Dollars of one experiment, but for the control plane’s own calls. `crossing` is the share of bytes that cross zones. */
  usd(
    experiment: string,
    wire: { bytes: number; packets: number; crossing: number },
    taskSeconds: number,
    until?: number,
  ): { sessions: number; nlcu: number; fargate: number; crossAz: number } {
    const gb = (wire.bytes + 50 * wire.packets) / 1e9
    const flows =
      wire.packets > 0
        ? this.exactSessionHours(experiment, until) * 128 * Math.max(1 / 50_000, 1 / 120 / 400)
        : 0
    return {
      sessions: this.sessionHours(experiment, until) * USD.session,
      nlcu: Math.max(gb, flows) * USD.nlcu,
      fargate: (taskSeconds / 3600) * (USD.vcpuHour + 2 * USD.gbHour),
      crossAz: gb * wire.crossing * 2 * USD.crossAz,
    }
  }
}

const experimentIn = (input: unknown): string => {
  const { TagSpecifications = [] } = input as {
    TagSpecifications?: { Tags?: { Key?: string; Value?: string }[] }[]
  }
  return (
    TagSpecifications.flatMap(({ Tags = [] }) => Tags).find(({ Key }) => Key === 'experiment-id')?.Value ?? ''
  )
}
