import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb'

/** The DynamoDB table that holds everything Shadowmeter knows. */
export type Table = Readonly<{ name: string; client: DynamoDBDocumentClient }>

export type Key = Readonly<{ pk: string; sk: string }>
export type Item = Record<string, unknown>
export type Page<T> = { items: T[]; nextToken: string | null }

export const openTable = (dynamo: DynamoDBClient, name: string): Table => ({
  name,
  client: DynamoDBDocumentClient.from(dynamo, { marshallOptions: { removeUndefinedValues: true } }),
})

/** Strongly consistent: what is decided on an item must not be decided on an old one. */
export const getItem = async (table: Table, key: Key): Promise<Item | undefined> => {
  const { Item } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
  )
  return Item
}

export type Condition = {
  expression: string
  names?: Record<string, string>
  values?: Record<string, unknown>
}

/** False when the condition did not hold. */
export const putItem = async (
  table: Table,
  key: Key,
  item: object,
  condition?: Condition,
): Promise<boolean> => {
  try {
    await table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...item, ...key },
        ...(condition && {
          ConditionExpression: condition.expression,
          ...(condition.names && { ExpressionAttributeNames: condition.names }),
          ...(condition.values && { ExpressionAttributeValues: condition.values }),
        }),
      }),
    )
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

export const deleteItem = async (table: Table, key: Key): Promise<void> => {
  await table.client.send(new DeleteCommand({ TableName: table.name, Key: key }))
}

export const absent: Condition = { expression: 'attribute_not_exists(pk)' }

type Range = {
  /** Sort keys that start with this; all of the partition when left out. */
  prefix?: string
  /** Sort keys above this one; must itself start with the prefix. */
  after?: string
  descending?: boolean
}

const queryInput = (table: Table, pk: string, { prefix, after, descending }: Range): QueryCommandInput => {
  const input = { TableName: table.name, ConsistentRead: true, ScanIndexForward: !descending }
  if (after !== undefined)
    return {
      ...input,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :last',
      ExpressionAttributeValues: { ':pk': pk, ':after': `${after}\u0000`, ':last': `${prefix ?? ''}\uffff` },
    }
  return prefix === undefined
    ? { ...input, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } }
    : {
        ...input,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
      }
}

/** Everything in the range, however many pages DynamoDB makes of it. */
export const queryAll = async (table: Table, pk: string, range: Range = {}): Promise<Item[]> => {
  const items: Item[] = []
  let start: Record<string, unknown> | undefined
  do {
    const answer = await table.client.send(
      new QueryCommand({ ...queryInput(table, pk, range), ...(start && { ExclusiveStartKey: start }) }),
    )
    items.push(...(answer.Items ?? []))
    start = answer.LastEvaluatedKey
  } while (start)
  return items
}

export class BadToken extends Error {
  constructor(options?: ErrorOptions) {
    super('nextToken is not one that this list gave', options)
    this.name = 'BadToken'
  }
}

const encodeToken = (key: Record<string, unknown>): string =>
  Buffer.from(String(key.sk)).toString('base64url')

/** @throws BadToken for a token that no page of this list could have given. */
const decodeToken = (pk: string, token: string, prefix: string): Key => {
  const sk = Buffer.from(token, 'base64url').toString()
  if (sk === '' || !sk.startsWith(prefix) || encodeToken({ sk }) !== token) throw new BadToken()
  return { pk, sk }
}

export const queryPage = async (
  table: Table,
  pk: string,
  range: Range & { maxResults: number; nextToken?: string | undefined },
): Promise<Page<Item>> => {
  const answer = await table.client.send(
    new QueryCommand({
      ...queryInput(table, pk, range),
      Limit: range.maxResults,
      ...(range.nextToken !== undefined && {
        ExclusiveStartKey: decodeToken(pk, range.nextToken, range.prefix ?? ''),
      }),
    }),
  )
  return {
    items: answer.Items ?? [],
    nextToken: answer.LastEvaluatedKey ? encodeToken(answer.LastEvaluatedKey) : null,
  }
}
