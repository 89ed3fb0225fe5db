import { isDeepStrictEqual } from 'node:util'
import type { GatewayReport } from '../../contract/gateway-report.ts'
import type { GatewayTask } from '../../contract/gateway-tasks.ts'
import type { RunningTask } from '../gateway/service.ts'
import { readGatewayTasks, writeGatewayTasks } from '../store/gateway-tasks.ts'
import { lastReports } from '../store/reports.ts'
import type { Table } from '../store/table.ts'

/**
 * Tells gateway tasks of each other, so that one can ask the others what they have seen. Who runs, and at which address, is
 * what ECS says; a report adds the port alone. One task has nobody to ask.
 */
export const introduceTasks = async (
  table: Table,
  running: readonly RunningTask[],
  reports: readonly GatewayReport[],
): Promise<void> => {
  const ports = new Map(lastReports(reports).map(({ task, neighbourPort }) => [task, neighbourPort]))
  const known = running
    .flatMap(({ task, address }): GatewayTask[] => {
      const port = ports.get(task)
      return port === undefined || address === '' ? [] : [{ task, address, port }]
    })
    .sort((a, b) => (a.task < b.task ? -1 : 1))
  const tasks = known.length > 1 ? known : []
  if (!isDeepStrictEqual(tasks, await readGatewayTasks(table))) await writeGatewayTasks(table, tasks)
}
