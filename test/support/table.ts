import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { afterAll } from 'vitest'
import { openTable, type Table } from '../../functions/store/table.ts'
import { eventually } from './aws-clients.ts'

/** Creates the one table as the infrastructure does. It can be used only once it is ACTIVE, which it is a moment later. */
export const createTestTable = async (dynamo: DynamoDBClient, name: string): Promise<void> => {
  await dynamo.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  await eventually(async () => {
    const { Table: table } = await dynamo.send(new DescribeTableCommand({ TableName: name }))
    return table?.TableStatus === 'ACTIVE'
  })
}

/** A table of its own for a test file. SHADOWMETER_TEST_DYNAMODB names another endpoint to prove the store against. */
export const openTestTable = async (): Promise<Table> => {
  const elsewhere = process.env.SHADOWMETER_TEST_DYNAMODB
  const server = elsewhere === undefined ? dynalite({ createTableMs: 0 }) : undefined
  if (server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host: '127.0.0.1', port: 0 }, resolve)
    })
  const address = server?.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const dynamo = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: elsewhere ?? `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  afterAll(() => {
    dynamo.destroy()
    server?.close()
  })
  const name = `test-${Date.now()}`
  await createTestTable(dynamo, name)
  return openTable(dynamo, name)
}
