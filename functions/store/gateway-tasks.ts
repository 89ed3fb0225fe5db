import { type GatewayTask, GatewayTasks } from '../../contract/gateway-tasks.ts'
import { gatewayTasksKey } from '../../contract/table.ts'
import { getItem, putItem, type Table } from './table.ts'

/** The tasks that gateways know of. */
export const readGatewayTasks = async (table: Table): Promise<GatewayTask[]> => {
  const item = await getItem(table, gatewayTasksKey)
  return item ? GatewayTasks.parse(item).tasks : []
}

/** Takes the place of what was there, whoever wrote it: each look at the tasks finds the same ones, or newer. */
export const writeGatewayTasks = async (table: Table, tasks: readonly GatewayTask[]): Promise<void> => {
  await putItem(table, gatewayTasksKey, { tasks: [...tasks] } satisfies GatewayTasks)
}
