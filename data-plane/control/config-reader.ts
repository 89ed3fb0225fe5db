import { GetCommand } from '@aws-sdk/lib-dynamodb'
import { ConfigRevision, fromChunks, type GatewayConfig } from '../../contract/gateway-config.ts'
import { chunkKey, revisionKey } from '../../contract/table.ts'
import type { ControlTable } from './table.ts'

/** Before the control plane has published anything there is nothing to do. */
const NOTHING: GatewayConfig = { revision: 0, experiments: [] }

/**
 * The published configuration when it is another revision than `known`, else null: one small read when nothing has
 * changed. Throws the SDK's error, or Error when the pieces do not make a configuration.
 */
export const readNewConfig = async (
  { client, name }: ControlTable,
  known: number,
): Promise<GatewayConfig | null> => {
  const { Item } = await client.send(new GetCommand({ TableName: name, Key: revisionKey }))
  if (!Item) return known === NOTHING.revision ? null : NOTHING
  const { revision, writer, chunks } = ConfigRevision.parse(Item)
  if (revision === known) return null
  const texts: string[] = []
  for (let index = 0; index < chunks; index++) {
    const { Item: chunk } = await client.send(
      new GetCommand({ TableName: name, Key: chunkKey(revision, writer, index), ConsistentRead: true }),
    )
    if (typeof chunk?.text !== 'string')
      throw new Error(`configuration ${revision} lacks piece ${index + 1} of ${chunks}`)
    texts.push(chunk.text)
  }
  const config = fromChunks(texts)
  if (config.revision !== revision)
    throw new Error(`configuration ${revision} calls itself ${config.revision}`)
  return config
}
