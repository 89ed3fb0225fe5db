import {
  ConfigRevision,
  fromChunks,
  type GatewayConfig,
  type GatewayExperiment,
  toChunks,
} from '../../contract/gateway-config.ts'
import { chunkKey, revisionKey } from '../../contract/table.ts'
import { absent, deleteItem, getItem, putItem, queryAll, type Table } from './table.ts'

const EMPTY: GatewayConfig = { revision: 0, experiments: [] }

/** How many revision numbers may be taken by writers that died before they published theirs. */
const ATTEMPTS = 20

export const readConfig = async (table: Table): Promise<GatewayConfig> => {
  const item = await getItem(table, revisionKey)
  if (!item) return EMPTY
  const { revision, chunks } = ConfigRevision.parse(item)
  const texts: string[] = []
  for (let index = 0; index < chunks; index++) {
    const chunk = await getItem(table, chunkKey(revision, index))
    texts.push(String(chunk?.text ?? ''))
  }
  return fromChunks(texts)
}

/**
 * Publishes the experiments as the next revision of what was read; null when somebody else published one meanwhile. The
 * first chunk claims its revision’s number, so that two writers never mix their pieces; a claimed number is never used
 * again.
 */
export const publishConfig = async (
  table: Table,
  read: GatewayConfig,
  experiments: readonly GatewayExperiment[],
  at: string,
): Promise<GatewayConfig | null> => {
  for (let revision = read.revision + 1; revision <= read.revision + ATTEMPTS; revision++) {
    const config = { revision, experiments: [...experiments] }
    const [first = '', ...rest] = toChunks(config)
    if (!(await putItem(table, chunkKey(revision, 0), { text: first }, absent))) continue
    for (const [index, text] of rest.entries()) await putItem(table, chunkKey(revision, index + 1), { text })
    const published = await putItem(
      table,
      revisionKey,
      { revision, chunks: rest.length + 1, updatedAt: at } satisfies ConfigRevision,
      {
        expression: 'attribute_not_exists(pk) OR #revision = :read',
        names: { '#revision': 'revision' },
        values: { ':read': read.revision },
      },
    )
    if (!published) return null
    await forgetRevisions(table, read.revision, revision)
    return config
  }
  throw new Error(`no free gateway configuration revision after ${read.revision}`)
}

/** A gateway that read the revision a moment ago still reads its pieces: so many revisions are kept. */
const KEPT = 10

/** Deletes the pieces of what fell out of the kept revisions when the current one went from `before` to `now`. */
const forgetRevisions = async (table: Table, before: number, now: number): Promise<void> => {
  await forget(table, Math.max(1, before - KEPT + 1), now - KEPT)
}

/** Deletes the pieces of every configuration before this one, those of writers that died included. */
export const forgetConfigs = (table: Table, revision: number): Promise<void> =>
  forget(table, Math.max(1, revision - KEPT - 2 * ATTEMPTS), revision - 1)

const forget = async (table: Table, from: number, to: number): Promise<void> => {
  for (let revision = from; revision <= to; revision++)
    for (const { pk, sk } of await queryAll(table, chunkKey(revision, 0).pk))
      await deleteItem(table, { pk: String(pk), sk: String(sk) })
}
