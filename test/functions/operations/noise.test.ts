import { expect, it } from 'vitest'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import { comparedExperiments } from '../../support/compared-experiments.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const experiments = comparedExperiments('noise-test')

/** Views differ everywhere, the reference differs in half of the control’s answers too, and looks volatile elsewhere. */
const store = (more: Partial<ExperimentSpecInput> = {}): Promise<string> => {
  const differences = [
    { kind: 'value' as const, path: '$.views', count: 500 },
    { kind: 'value' as const, path: '$.reference', count: 250, controls: 250, shaped: 100 },
  ]
  return experiments.store(
    comparisonOf(endpointTally('GET /a', { '200>200': 500 }, { differences, controlled: 500 })),
    more,
  )
}

const send: ReturnType<typeof experiments.api>['send'] = (request) => experiments.api().send(request)
const verdictOf = async (id: string) => (await send({ path: `/experiments/${id}/verdict` })).body
const decide = (id: string, path: string, decision: string, reason?: string) =>
  send({
    method: 'POST',
    path: `/experiments/${id}/noise`,
    body: { endpoint: 'GET /a', kind: 'value', path, decision, ...(reason && { reason }) },
  })

it('shows what was learned, and lets it be confirmed, rejected and learned again', async () => {
  const id = await store()

  const learned = await send({ path: `/experiments/${id}/noise` })
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
  const trail = await send({ path: `/experiments/${id}/audit` })
  const evidence = await send({ path: `/experiments/${id}/evidence` })
  const page = await send({ path: `/experiments/${id}/evidence/markdown` })

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

it('begins with what an earlier experiment’s people decided, until somebody decides otherwise', async () => {
  const place = { endpoint: 'GET /a', kind: 'value', path: '$.views' } as const
  const id = await store({ verdict: { noise: [{ ...place, decision: 'confirmed' }] } })

  const { places } = (await send({ path: `/experiments/${id}/noise` })).body
  const before = await verdictOf(id)
  await decide(id, '$.views', 'learned')
  const since = await verdictOf(id)

  expect(places[0]).toMatchObject({ ...place, decision: 'confirmed', by: 'test' })
  expect(before).toMatchObject({ outcome: 'pass', reasons: [] })
  expect(since).toMatchObject({ outcome: 'fail', reasons: [{ path: '$.views' }] })
})

it('takes no decision that is none, and says what one is', async () => {
  const { status, body } = await decide(await store(), '$.views', 'perhaps')

  expect(status).toBe(400)
  expect(JSON.stringify(body)).toContain('body.decision')
})
