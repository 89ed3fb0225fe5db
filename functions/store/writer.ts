import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { writerKey } from '../../contract/table.ts'
import type { Table } from './table.ts'

/** The right to change one experiment’s AWS resources, for a while. A later writer’s fence is higher. */
export type Writer = Readonly<{ experiment: string; holder: string; fence: number; until: number }>

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
        ReturnValues: 'UPDATED_NEW',
      }),
    ),
  )
  return answer && { experiment, holder, fence: Number(answer.Attributes?.fence), until }
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

export const releaseWriter = async (table: Table, writer: Writer): Promise<void> => {
  await unlessFailed(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: writerKey(writer.experiment),
        UpdateExpression: 'SET #until = :never',
        ConditionExpression: '#fence = :fence',
        ExpressionAttributeNames: { '#until': 'until', '#fence': 'fence' },
        ExpressionAttributeValues: { ':never': 0, ':fence': writer.fence },
      }),
    ),
  )
}
