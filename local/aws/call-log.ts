/** Who called what, when: enough to recompute a bill without asking the product. Bounded in memory. */
export type CallRecord = {
  /** Ascending from 1; `GET /-/calls?after=N` continues behind it. */
  n: number
  /** Milliseconds since 1970, when the answer was known. */
  at: number
  service: string
  action: string
  /** The wire, EventBridge Scheduler, or AWS itself (a cascade). */
  source: 'client' | 'scheduler' | 'aws'
  userAgent: string
  requestId: string
  errorCode: string | null
  input: unknown
  /** Ids that the call made or ended. */
  created: readonly string[]
  deleted: readonly string[]
}

const CAPACITY = 50_000

export class CallLog {
  readonly #records: CallRecord[] = []
  readonly #now: () => number
  #n = 0

  constructor(now: () => number) {
    this.#now = now
  }

  add(record: Omit<CallRecord, 'n' | 'at'>): void {
    this.#n += 1
    this.#records.push({ n: this.#n, at: this.#now(), ...record })
    if (this.#records.length > CAPACITY * 1.1) this.#records.splice(0, this.#records.length - CAPACITY)
  }

  /** What AWS did by itself: a state reached, a cascade. */
  event(
    service: string,
    action: string,
    input: unknown,
    created: readonly string[],
    deleted: readonly string[],
  ): void {
    const nobody = { source: 'aws' as const, userAgent: '', requestId: '', errorCode: null }
    this.add({ service, action, ...nobody, input, created, deleted })
  }

  /** Records behind number `after`, oldest first; `forgotten` when some of them are gone already. */
  after(after: number, service?: string): { calls: CallRecord[]; next: number; forgotten: boolean } {
    const first = this.#records[0]?.n ?? this.#n + 1
    return {
      calls: this.#records.filter((record) => record.n > after && (!service || record.service === service)),
      next: this.#n,
      forgotten: after + 1 < first,
    }
  }
}
