import { GatewayReport } from '../../contract/gateway-report.ts'
import { minuteOf, reportsOf } from '../../contract/table.ts'
import { queryAll, type Table } from './table.ts'

/** A tick that looks at many experiments reads the reports of all gateways once in so long. */
const KEPT_MS = 2_000

/** The reports that gateways have written, each minute of them as it was two seconds ago at most. */
export class Reports {
  readonly #table: Table
  readonly #minutes = new Map<string, { reports: Promise<GatewayReport[]>; readAt: number }>()

  constructor(table: Table) {
    this.#table = table
  }

  /** Every report of the minutes from `since` to `now` (milliseconds since 1970). */
  async read(since: number, now: number): Promise<GatewayReport[]> {
    // A clock that was set back makes nothing last longer.
    for (const [minute, { readAt }] of this.#minutes)
      if (Math.abs(now - readAt) >= KEPT_MS) this.#minutes.delete(minute)
    // One minute more on either side: a gateway’s clock may be ahead of or behind ours.
    const minutes: Promise<GatewayReport[]>[] = []
    for (let at = since - 60_000; at <= now + 60_000; at += 60_000)
      minutes.push(this.#of(minuteOf(new Date(at)), now))
    return (await Promise.all(minutes)).flat()
  }

  #of(minute: string, now: number): Promise<GatewayReport[]> {
    const known = this.#minutes.get(minute)
    if (known) return known.reports
    const reports = queryAll(this.#table, reportsOf(minute)).then((items) =>
      items.map((item) => GatewayReport.parse(item)),
    )
    this.#minutes.set(minute, { reports, readAt: now })
    reports.catch(() => this.#minutes.delete(minute))
    return reports
  }
}

/** The latest of each task. */
export const lastReports = (reports: readonly GatewayReport[]): GatewayReport[] => {
  const last = new Map<string, GatewayReport>()
  for (const report of reports) {
    const known = last.get(report.task)
    if (!known || known.at < report.at) last.set(report.task, report)
  }
  return [...last.values()]
}
