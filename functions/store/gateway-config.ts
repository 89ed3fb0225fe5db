import {
  ConfigRevision,
  fromChunks,
  type GatewayConfig,
  type GatewayExperiment,
  toChunks,
} from '../../contract/gateway-config.ts'
import { chunkKey, chunksOf, revisionKey } from '../../contract/table.ts'
import { deleteItem, getItem, putItem, queryAll, type Table } from './table.ts'

const EMPTY: GatewayConfig = { revision: 0, experiments: [] }

/** The published configuration. The pieces of a writer’s revision never change: they are read once. */
export class PublishedConfig {
  readonly #table: Table
  #known: { revision: number; writer: string; config: GatewayConfig } | null = null

  constructor(table: Table) {
    this.#table = table
  }

  async read(): Promise<GatewayConfig> {
    const item = await getItem(this.#table, revisionKey)
    if (!item) return EMPTY
    const { revision, writer, chunks } = ConfigRevision.parse(item)
    if (this.#known?.revision === revision && this.#known.writer === writer) return this.#known.config
    const texts: string[] = []
    for (let index = 0; index < chunks; index++) {
      const chunk = await getItem(this.#table, chunkKey(revision, writer, index))
      texts.push(String(chunk?.text ?? ''))
    }
    const config = fromChunks(texts)
    this.#known = { revision, writer, config }
    return config
  }
}

/**
 * Publishes the experiments as the next revision of what was read; null when somebody else published one meanwhile.
 *
 * @param writer never used before, so that two writers never mix their pieces, and one that died is in nobody’s way
 */
export const publishConfig = async (
  table: Table,
  read: GatewayConfig,
  experiments: readonly GatewayExperiment[],
  { at, writer }: { at: Date; writer: string },
): Promise<GatewayConfig | null> => {
  const revision = read.revision + 1
  const config = { revision, experiments: [...experiments] }
  const chunks = toChunks(config)
  for (const [index, text] of chunks.entries())
    await putItem(table, chunkKey(revision, writer, index), { text })
  const published = await putItem(
    table,
    revisionKey,
    { revision, writer, chunks: chunks.length, updatedAt: at.toISOString() } satisfies ConfigRevision,
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

/** A gateway that read the revision a moment ago still reads its pieces: so many revisions are kept. */
const KEPT = 10

/** Deletes the pieces of what fell out of the kept revisions when the current one went from `before` to `now`. */
const forgetRevisions = async (table: Table, before: number, now: number): Promise<void> => {
  await forget(table, Math.max(1, before - KEPT + 1), now - KEPT)
}

/** Deletes the pieces of every configuration before this one, those of writers that died included. */
export const forgetConfigs = (table: Table, revision: number): Promise<void> =>
  forget(table, Math.max(1, revision - 5 * KEPT), revision - 1)

const forget = async (table: Table, from: number, to: number): Promise<void> => {
  for (let revision = from; revision <= to; revision++)
    for (const { pk, sk } of await queryAll(table, chunksOf(revision)))
      await deleteItem(table, { pk: String(pk), sk: String(sk) })
}
