import { request } from 'undici'
import * as z from 'zod'

const Metadata = z.object({ TaskARN: z.string().includes('/') })

const METADATA_MS = 5_000

/**
 * The last part of the task's ARN, from ECS's metadata endpoint version 4
 * (docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html). Throws when it does not
 * answer with one.
 */
export const ecsTaskName = async (metadataUri: string): Promise<string> => {
  const { statusCode, body } = await request(`${metadataUri}/task`, {
    headersTimeout: METADATA_MS,
    bodyTimeout: METADATA_MS,
  })
  if (statusCode !== 200) throw new Error(`the ECS metadata endpoint answered ${statusCode}`)
  const { TaskARN } = Metadata.parse(await body.json())
  return TaskARN.slice(TaskARN.lastIndexOf('/') + 1)
}
