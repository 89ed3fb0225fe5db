import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { Comparison } from '../../contract/comparison.ts'
import type { ExperimentSpecInput } from '../../contract/experiment.ts'
import { ExperimentSpec } from '../../contract/experiment.ts'
import { ComparisonWriter } from '../../data-plane/control/comparison-writer.ts'
import { newRecord } from '../../functions/experiments/phases.ts'
import { experimentId } from '../../functions/experiments/ulid.ts'
import { createRecord } from '../../functions/store/experiments.ts'
import { type ApiUnderTest, createTable, openApiAt, startDynamo } from './api.ts'
import { apiConfig, someSpecInput } from './api-config.ts'

const NOW = new Date('2026-11-21T12:00:00.000Z')

export type ComparedExperiments = Readonly<{
  api: () => ApiUnderTest
  /** An experiment that compares, with what its first gateway has found; the spec differs from the usual in `more`. */
  store: (comparison?: Comparison, more?: Partial<ExperimentSpecInput>) => Promise<string>
  /** What a gateway task has found by now: all of it, as it writes it. */
  write: (task: string, id: string, comparison: Comparison) => Promise<void>
}>

/** An API over a table with experiments whose gateways have written what they compared, for the tests of one file. */
export const comparedExperiments = (name: string): ComparedExperiments => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>
  let api: ApiUnderTest
  beforeAll(async () => {
    dynamo = await startDynamo()
    const config = apiConfig(name)
    await createTable(dynamo.endpoint, config.table)
    api = openApiAt(dynamo.endpoint, config)
  })
  afterAll(async () => {
    api.close()
    await dynamo.close()
  })
  const write = (task: string, id: string, comparison: Comparison) =>
    new ComparisonWriter(api.surroundings.table, task).write({ [id]: comparison })
  return {
    api: () => api,
    write,
    store: async (comparison, more = {}) => {
      const id = experimentId(NOW.getTime(), randomBytes(10))
      const traffic = { ...someSpecInput.traffic, directions: 'both' as const }
      const spec = ExperimentSpec.parse({ ...someSpecInput, traffic, ...more })
      await createRecord(api.surroundings.table, newRecord(spec, { id, by: 'test', now: NOW }))
      if (comparison) await write('task-1', id, comparison)
      return id
    },
  }
}
