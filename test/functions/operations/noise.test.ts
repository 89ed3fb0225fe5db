import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
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
  const config = apiConfig('noise-test')
  await createTable(dynamo.endpoint, config.table)
  api = openApiAt(dynamo.endpoint, config)
})
afterAll(async () => {
  api.close()
  await dynamo.close()
})

/** Views differ everywhere, the reference differs in half of the control’s answers too, and looks volatile elsewhere. */
const store = async (): Promise<string> => {
  const now = new Date('2026-11-21T12:00:00.000Z')
  const id = experimentId(now.getTime(), randomBytes(10))
  const traffic = { ...someSpec.traffic, directions: 'both' as const }
  await createRecord(api.surroundings.table, newRecord({ ...someSpec, traffic }, { id, by: 'test', now }))
  const differences = [
    { kind: 'value' as const, path: '$.views', count: 500 },
    { kind: 'value' as const, path: '$.reference', count: 250, controls: 250, shaped: 100 },
  ]
  await new ComparisonWriter(api.surroundings.table, 'task-1').write({
    [id]: comparisonOf(endpointTally('GET /a', { '200>200': 500 }, { differences, controlled: 500 })),
  })
  return id
}

const verdictOf = async (id: string) => (await api.send({ path: `/experiments/${id}/verdict` })).body
const decide = (id: string, path: string, decision: string, reason?: string) =>
  api.send({
    method: 'POST',
    path: `/experiments/${id}/noise`,
    body: { endpoint: 'GET /a', kind: 'value', path, decision, ...(reason && { reason }) },
  })

it('shows what was learned, and lets it be confirmed, rejected and learned again', async () => {
  const id = await store()

  const learned = await api.send({ path: `/experiments/${id}/noise` })
  const before = await verdictOf(id)
  const confirmed = await decide(id, '$.views', 'confirmed', 'Counts readers.')
  const without = await verdictOf(id)
  await decide(id, '$.reference', 'rejected')
  const strict = await verdictOf(id)
  await decide(id, '$.reference', 'learned')
  const again = await verdictOf(id)

  expect(learned.body.places).toMatchObject([
    { path: '$.views', differing: 500, chance: { from: 'control', found: 0, of: 500 }, decision: 'learned' },
    { path: '$.reference', differing: 250, chance: { found: 250 }, volatile: 100 },
  ])
  expect(before).toMatchObject({ outcome: 'fail', reasons: [{ path: '$.views' }] })
  expect(confirmed.body.places[0]).toMatchObject({ decision: 'confirmed', by: 'local' })
  expect(without).toMatchObject({ outcome: 'pass', reasons: [] })
  expect(strict).toMatchObject({
    outcome: 'fail',
    sentence: 'GET /a differs at $.reference: 350 of 500 requests (70 %).',
  })
  expect(again.outcome).toBe('pass')
})

it('names who decided what, in the trail and in the evidence', async () => {
  const id = await store()

  await decide(id, '$.views', 'confirmed', 'Counts readers.')
  const trail = await api.send({ path: `/experiments/${id}/audit` })
  const evidence = await api.send({ path: `/experiments/${id}/evidence` })
  const page = await api.send({ path: `/experiments/${id}/evidence/markdown` })

  expect(trail.body.entries).toContainEqual(
    expect.objectContaining({
      what: 'noise confirmed: GET /a, value $.views',
      who: 'local',
      why: 'Counts readers.',
    }),
  )
  expect(evidence.body.noise[0]).toMatchObject({ path: '$.views', decision: 'confirmed', by: 'local' })
  expect(page.body.text).toContain('| confirmed | local |')
})

it('takes no decision that is none, and says what one is', async () => {
  const { status, body } = await decide(await store(), '$.views', 'perhaps')

  expect(status).toBe(400)
  expect(JSON.stringify(body)).toContain('body.decision')
})
