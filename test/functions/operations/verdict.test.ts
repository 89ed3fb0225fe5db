import { expect, it } from 'vitest'
import { comparedExperiments } from '../../support/compared-experiments.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const { api, store, write: written } = comparedExperiments('verdict-test')

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
  const comparison = await api().send({ path: `/experiments/${id}/comparison` })
  const verdict = await api().send({ path: `/experiments/${id}/verdict` })

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
  const verdict = await api().send({ path: `/experiments/${await store()}/verdict` })

  expect(verdict.body).toMatchObject({ outcome: 'inconclusive', reasons: [{ rule: 'not-compared' }] })
})

it('knows no verdict of an experiment that does not exist', async () => {
  const { status } = await api().send({ path: '/experiments/exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y/verdict' })

  expect(status).toBe(404)
})
