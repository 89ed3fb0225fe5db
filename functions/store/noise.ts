import { hash } from 'node:crypto'
import { NoiseDecision } from '../../contract/noise.ts'
import { belongings, NOISE_PREFIX, noiseKey } from '../../contract/table.ts'
import { deleteItem, putItem, queryAll, type Table } from './table.ts'

/** What people have decided about an experiment’s differences. */
export const readNoise = async (table: Table, experiment: string): Promise<NoiseDecision[]> =>
  (await queryAll(table, belongings(experiment), { prefix: NOISE_PREFIX })).map(({ decision }) =>
    NoiseDecision.parse(decision),
  )

export const writeNoise = async (
  table: Table,
  experiment: string,
  decision: NoiseDecision,
): Promise<void> => {
  await putItem(table, noiseKey(experiment, digestOf(decision)), { decision })
}

export const forgetNoise = async (table: Table, experiment: string): Promise<void> => {
  for (const { pk, sk } of await queryAll(table, belongings(experiment), { prefix: NOISE_PREFIX }))
    await deleteItem(table, { pk: String(pk), sk: String(sk) })
}

/** A sort key has 1,024 bytes, a place may have more. */
const digestOf = ({ endpoint, kind, path }: NoiseDecision): string =>
  hash('sha256', `${endpoint}\0${kind}\0${path}`)
