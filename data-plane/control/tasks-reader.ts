import { GetCommand } from '@aws-sdk/lib-dynamodb'
import { type GatewayTask, GatewayTasks } from '../../contract/gateway-tasks.ts'
import { gatewayTasksKey } from '../../contract/table.ts'
import type { ControlTable } from './table.ts'

/** The tasks that run, as the control plane knows them. Throws the SDK's error, or zod's. */
export const readGatewayTasks = async ({ client, name }: ControlTable): Promise<GatewayTask[]> => {
  const { Item } = await client.send(new GetCommand({ TableName: name, Key: gatewayTasksKey }))
  return Item ? GatewayTasks.parse(Item).tasks : []
}
