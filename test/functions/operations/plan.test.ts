import { describe, expect, it } from 'vitest'
import { asked, create, open, PATIENT, passUntil } from '../../support/api-account.ts'
import * as world from '../../support/aws-world.ts'
import { leftovers, NOTHING_LEFT } from '../../support/experiment-account.ts'

describe('a plan', PATIENT, () => {
  it('says what would be mirrored, created and spent, and changes nothing', async () => {
    const { account, api } = await open()
    const { status, body: plan } = await api.send({ method: 'POST', path: '/plans', body: asked })

    expect(status).toBe(200)
    expect(plan).toMatchObject({ startable: true, problems: [], gateways: 1 })
    expect(plan.sources.map(({ eni, verdict }: { eni: string; verdict: string }) => [eni, verdict])).toEqual([
      [world.eni(1), 'supported'],
      [world.eni(2), 'supported'],
    ])
    expect(plan.rules).toMatchObject([
      { direction: 'ingress', action: 'accept', destinationPorts: { from: 8080, to: 8080 } },
    ])
    expect(plan.estimate.lowUsd).toBeGreaterThan(0.03)
    expect(plan.estimate.highUsd).toBeLessThanOrEqual(25)
    expect(plan.reserveUsd).toBeGreaterThan(0)
    expect(plan.pricesFrom).toContain('2026-10-04')
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
    expect((await api.send({ path: '/experiments' })).body.experiments).toEqual([])
  })

  it.each([
    [
      'an interface that is not there',
      { source: { by: 'eni', ids: ['eni-0fffffffffffffff0'] } },
      /There is no network interface eni-0f/,
    ],
    [
      'a family that AWS does not mirror',
      { source: { by: 'eni', ids: [world.newFamilyEni] } },
      /does not mirror the m8g/,
    ],
    [
      'tags that nothing carries',
      { source: { by: 'tag', match: 'all', tags: { service: 'nothing' } } },
      /carries these tags/,
    ],
    ['a budget below the first hour', { budgetUsd: 0.02 }, /more than the budget of \$0\.02\./],
    ['production as the shadow', { shadow: { url: 'http://10.0.1.1:8080/' } }, /is production itself/],
    [
      'production as another shadow',
      { shadow: { url: 'http://127.0.0.1:9000', others: [{ url: 'http://10.0.1.1:8080' }] } },
      /is production itself/,
    ],
  ])('refuses %s, and so does a create', async (_, more, why) => {
    const { api } = await open()
    const planned = await api.send({ method: 'POST', path: '/plans', body: { ...asked, ...more } })
    const created = await api.send(create(more))

    expect(planned.body.startable).toBe(false)
    expect(planned.body.problems.join(' ')).toMatch(why)
    expect(created.status).toBe(422)
    expect(created.body.type).toBe('urn:shadowmeter:problem:not-startable')
    expect(created.body.detail).toMatch(why)
  })

  it('takes what fits of what a tag finds', async () => {
    const { api } = await open()
    const source = { by: 'tag', match: 'any', tags: { service: 'checkout' } }
    const { body: plan } = await api.send({ method: 'POST', path: '/plans', body: { ...asked, source } })

    expect(plan.startable).toBe(true)
    expect(plan.sources).toHaveLength(world.instances)
  })

  it('refuses interfaces that another experiment mirrors', async () => {
    const { account, api } = await open()
    const { body: first } = await api.send(create())
    await passUntil(account, api, first.id, 'mirroring')
    const second = await api.send(create({ source: { by: 'eni', ids: [world.eni(2)] } }))

    expect(second.status).toBe(422)
    expect(second.body.detail).toContain(`${world.eni(2)}: experiment ${first.id} mirrors it already.`)
  })

  it('tries a load balancer only where the spec accepts what is not documented', async () => {
    const { api } = await open()
    const source = { by: 'eni', ids: [world.albEni] }
    const plan = (more: object) =>
      api.send({ method: 'POST', path: '/plans', body: { ...asked, source, ...more } })
    const { body: refused } = await plan({})
    const { body: granted } = await plan({ accept: ['undocumented-sources'] })

    expect(refused.startable).toBe(false)
    expect(refused.problems.join(' ')).toContain('To try it, accept undocumented-sources.')
    expect(granted).toMatchObject({ startable: true, problems: [] })
    expect(granted.warnings.join(' ')).toContain(`${world.albEni} is tried`)
  })

  it('refuses a window in the past', async () => {
    const { api } = await open()
    const window = { startAt: '2020-01-01T00:00:00Z', durationSeconds: 600 }
    const { status, body: problem } = await api.send(create({ window }))

    expect(status).toBe(400)
    expect(problem.errors[0].path).toBe('body.window.startAt')
  })
})
