import { once } from 'node:events'
import type { Server } from 'node:http'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import dynalite from 'dynalite'
import { type GatewayConfig, toChunks } from '../../contract/gateway-config.ts'
import { GatewayReport } from '../../contract/gateway-report.ts'
import type { GatewayTask } from '../../contract/gateway-tasks.ts'
import { chunkKey, gatewayTasksKey, minuteOf, reportsOf, revisionKey } from '../../contract/table.ts'
import { createTestTable } from './table.ts'

export type ControlTableServer = {
  endpoint: string
  table: string
  client: DynamoDBDocumentClient
  publish(config: GatewayConfig): Promise<void>
  /** Tells tasks of each other, as the control plane does. */
  introduce(tasks: GatewayTask[]): Promise<void>
  /** The newest report of a task in the minutes up to now. */
  lastReport(task: string): Promise<GatewayReport | null>
  stop(): void
}

const WRITER = 'test'
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

/** A real DynamoDB endpoint with the control plane's table, empty. */
export const startControlTable = async (table: string): Promise<ControlTableServer> => {
  const server: Server = dynalite({ createTableMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const endpoint = `http://127.0.0.1:${port}`
  const plain = new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials: CREDENTIALS })
  const client = DynamoDBDocumentClient.from(plain)
  await createTestTable(plain, table)

  const put = (item: Record<string, unknown>) => client.send(new PutCommand({ TableName: table, Item: item }))
  return {
    endpoint,
    table,
    client,
    publish: async (config) => {
      const chunks = toChunks(config)
      for (const [index, text] of chunks.entries())
        await put({ ...chunkKey(config.revision, WRITER, index), text })
      const updatedAt = new Date().toISOString()
      await put({
        ...revisionKey,
        revision: config.revision,
        writer: WRITER,
        chunks: chunks.length,
        updatedAt,
      })
    },
    introduce: async (tasks) => {
      await put({ ...gatewayTasksKey, tasks })
    },
    lastReport: async (task) => {
      let last: GatewayReport | null = null
      for (const minutesAgo of [2, 1, 0]) {
        const minute = minuteOf(new Date(Date.now() - minutesAgo * 60_000))
        const { Items } = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk AND sk = :sk',
            ExpressionAttributeValues: { ':pk': reportsOf(minute), ':sk': task },
          }),
        )
        if (Items?.[0]) last = GatewayReport.parse(Items[0])
      }
      return last
    },
    stop: () => {
      client.destroy()
      server.close()
    },
  }
}
