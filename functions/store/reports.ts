import { GatewayReport } from '../../contract/gateway-report.ts'
import { minuteOf, reportsOf } from '../../contract/table.ts'
import { queryAll, type Table } from './table.ts'

/** Every report of the minutes from `since` to `now` (milliseconds since 1970). */
export const readReports = async (table: Table, since: number, now: number): Promise<GatewayReport[]> => {
  // One minute more on either side: a gateway’s clock may be ahead of or behind ours.
  const minutes: string[] = []
  for (let at = since - 60_000; at <= now + 60_000; at += 60_000) minutes.push(minuteOf(new Date(at)))
  const items = await Promise.all(minutes.map((minute) => queryAll(table, reportsOf(minute))))
  return items.flat().map((item) => GatewayReport.parse(item))
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
