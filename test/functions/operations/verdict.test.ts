import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Comparison } from '../../../contract/comparison.ts'
import { ComparisonWriter } from '../../../data-plane/control/comparison-writer.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import { experimentId } from '../../../functions/experiments/ulid.ts'
import { createRecord } from '../../../functions/store/experiments.ts'
import { type ApiUnderTest, createTable, openApiAt, startDynamo } from '../../support/api.ts'
import { apiConfig, someSpec } from '../../support/api-config.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

let dynamo: Awaited<ReturnType<typeof startDynamo>>
let api: ApiUnderTest
beforeAll(async () => {
  dynamo = await startDynamo()
  const config = apiConfig('verdict-test')
  await createTable(dynamo.endpoint, config.table)
  api = openApiAt(dynamo.endpoint, config)
})
afterAll(async () => {
  api.close()
  await dynamo.close()
})

const store = async (): Promise<string> => {
  const now = new Date('2026-11-21T12:00:00.000Z')
  const id = experimentId(now.getTime(), randomBytes(10))
  const spec = { ...someSpec, traffic: { ...someSpec.traffic, directions: 'both' as const } }
  await createRecord(api.surroundings.table, newRecord(spec, { id, by: 'test', now }))
  return id
}

const written = (task: string, id: string, comparison: Comparison) =>
  new ComparisonWriter(api.surroundings.table, task).write({ [id]: comparison })

it('adds up what the tasks have written, however often they write it, and judges it', async () => {
  const id = await store()
  const first = comparisonOf(endpointTally('POST /a', { '201>201': 30, '201>422': 30 }))
  const second = comparisonOf(
    endpointTally('POST /a', { '201>201': 40, '201>422': 40 }),
    endpointTally('GET /b', { '200>200': 900 }),
  )

  await written('task-1', id, first)
  await written('task-1', id, first)
  await written('task-2', id, second)
  const comparison = await api.send({ path: `/experiments/${id}/comparison` })
  const verdict = await api.send({ path: `/experiments/${id}/verdict` })

  expect(comparison.status).toBe(200)
  expect(comparison.body).toMatchObject({
    compared: 1_040,
    endpoints: [
      { endpoint: 'GET /b', statuses: { '200>200': 900 } },
      { endpoint: 'POST /a', statuses: { '201>201': 70, '201>422': 70 } },
    ],
  })
  expect(verdict.body).toMatchObject({
    outcome: 'fail',
    sentence: 'POST /a answers 422 where production answers 201: 70 of 140 requests (50 %).',
    reasons: [{ rule: 'status', endpoint: 'POST /a', path: '201>422' }],
  })
})

it('is inconclusive before anything was compared', async () => {
  const verdict = await api.send({ path: `/experiments/${await store()}/verdict` })

  expect(verdict.body).toMatchObject({ outcome: 'inconclusive', reasons: [{ rule: 'not-compared' }] })
})

it('knows no verdict of an experiment that does not exist', async () => {
  const { status } = await api.send({ path: '/experiments/exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y/verdict' })

  expect(status).toBe(404)
})
