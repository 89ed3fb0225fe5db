import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { writerKey } from '../../contract/table.ts'
import type { Table } from './table.ts'

/** The right to change one experiment’s AWS resources, for a while. A later writer’s fence is higher. */
export type Writer = Readonly<{
  experiment: string
  holder: string
  fence: number
  until: number
  /** When the last complete look began, as its writer left it behind; 0 when there was none. */
  lookedAt: number
}>

const unlessFailed = async <T>(send: Promise<T>): Promise<T | null> => {
  try {
    return await send
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null
    throw error
  }
}

/** Null while somebody else holds it. Times are milliseconds since 1970. */
export const acquireWriter = async (
  table: Table,
  experiment: string,
  holder: string,
  now: number,
  until: number,
): Promise<Writer | null> => {
  const answer = await unlessFailed(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: writerKey(experiment),
        UpdateExpression: 'SET #holder = :holder, #until = :until ADD #fence :one',
        ConditionExpression: 'attribute_not_exists(pk) OR #until <= :now',
        ExpressionAttributeNames: { '#holder': 'holder', '#until': 'until', '#fence': 'fence' },
        ExpressionAttributeValues: { ':holder': holder, ':until': until, ':now': now, ':one': 1 },
        ReturnValues: 'ALL_NEW',
      }),
    ),
  )
  if (!answer) return null
  const { fence, lookedAt = 0 } = answer.Attributes ?? {}
  return { experiment, holder, fence: Number(fence), until, lookedAt: Number(lookedAt) }
}

/**
 * To be asked before each AWS call: keeps the right for some time more; null when it ran out, or somebody else has it.
 */
export const keepWriter = async (
  table: Table,
  writer: Writer,
  now: number,
  until: number,
): Promise<Writer | null> => {
  const answer = await unlessFailed(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: writerKey(writer.experiment),
        UpdateExpression: 'SET #until = :until',
        ConditionExpression: '#fence = :fence AND #until > :now',
        ExpressionAttributeNames: { '#until': 'until', '#fence': 'fence' },
        ExpressionAttributeValues: { ':until': until, ':fence': writer.fence, ':now': now },
      }),
    ),
  )
  return answer && { ...writer, until }
}

/** @param lookedAt when the look began that is complete now; left as it was when left out */
export const releaseWriter = async (
  table: Table,
  writer: Writer,
  lookedAt = writer.lookedAt,
): Promise<void> => {
  await unlessFailed(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: writerKey(writer.experiment),
        UpdateExpression: 'SET #until = :never, lookedAt = :lookedAt',
        ConditionExpression: '#fence = :fence',
        ExpressionAttributeNames: { '#until': 'until', '#fence': 'fence' },
        ExpressionAttributeValues: { ':never': 0, ':fence': writer.fence, ':lookedAt': lookedAt },
      }),
    ),
  )
}
