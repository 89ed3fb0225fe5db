import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../../contract/audit.ts'
import type { Experiment } from '../../../contract/experiment.ts'
import type { LedgerLine, LedgerRow } from '../../../contract/ledger.ts'
import type { MeterPoint } from '../../../contract/meter.ts'
import { activeKey, experimentKey } from '../../../contract/table.ts'
import { deleteItem } from '../../../functions/store/table.ts'
import { openApiOver } from '../../support/api.ts'
import * as world from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import {
  type Account,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  rulesWithoutLease,
} from '../../support/experiment-account.ts'

/** Each of these is some hundred calls over sockets: a busy machine may need a while. */
const PATIENT = { timeout: 60_000 }

const body = {
  name: 'checkout',
  source: { by: 'eni', ids: [world.eni(1), world.eni(2)] },
  traffic: { ports: [8080] },
  shadow: { url: 'http://127.0.0.1:9000' },
  dependencies,
  window: { durationSeconds: 600 },
  budgetUsd: 25,
}
const create = (more: object = {}, headers: Record<string, string> = {}) => ({
  method: 'POST',
  path: '/experiments',
  body: { ...body, ...more },
  headers,
})

const open = async () => {
  const account = await openAccount()
  return { account, api: openApiOver(account.plane) }
}
type Api = ReturnType<typeof openApiOver>

const told = ({ who, what, why, before, after }: AuditEntry) => [who, what, why, before?.phase, after.phase]

const passUntil = async (account: Account, api: Api, id: string, phase: string): Promise<Experiment> => {
  for (let ticks = 0; ticks < 60; ticks++) {
    const { body: experiment } = await api.send({ path: `/experiments/${id}` })
    if (experiment.phase === phase) return experiment
    await pass(account)
  }
  throw new Error(`${id} never came to ${phase}:\n${account.lines.slice(-20).join('\n')}`)
}

describe('an experiment through the API', PATIENT, () => {
  it('starts at once, mirrors, explains its money, is extended, stops, and leaves nothing', async () => {
    const { account, api } = await open()
    const created = await api.send(create())
    const { id } = created.body

    expect(created.status).toBe(201)
    expect(created.headers.location).toBe(`experiments/${id}`)
    expect(created.body).toMatchObject({ phase: 'preparing', createdBy: 'local', outcome: null })

    await passUntil(account, api, id, 'mirroring')
    for (let ticks = 0; ticks < 6; ticks++) await pass(account)
    expect(rulesWithoutLease(account)).toEqual([])

    const { body: running } = await api.send({ path: `/experiments/${id}` })
    const { body: ledger } = await api.send({ path: `/experiments/${id}/ledger` })
    const { body: meter } = await api.send({ path: `/experiments/${id}/meter` })
    const points: MeterPoint[] = meter.points
    const rows: LedgerRow[] = ledger.rows
    const lines: LedgerLine[] = ledger.lines
    expect(running).toMatchObject({ sources: 2, gateways: 1, spend: { basis: 'metered' } })
    expect(running.volume.bytes).toBeGreaterThan(0)
    expect(running.usdPerGb).toBeCloseTo(running.spend.totalUsd / (running.volume.bytes / 1e9), 12)
    expect(ledger.totalUsd).toBe(running.spend.totalUsd)
    expect(ledger.at).toBe(running.meteredAt)
    expect(rows.map(({ state, hours }) => [state, hours])).toEqual([
      ['active', 1],
      ['active', 1],
    ])
    const byHand = lines
      .filter(({ line }) => line !== 'standing')
      .reduce((sum, { quantity, price }) => sum + Math.ceil(quantity * price.usd * 1e6 - 1e-6), 0)
    expect(running.spend.totalUsd).toBe(byHand / 1e6)
    expect(points.map(({ at }) => at)).toEqual(points.map(({ at }) => at).sort())
    expect(points.at(-1)!.spend.totalUsd).toBe(running.spend.totalUsd)
    const after = await api.send({
      path: `/experiments/${id}/meter`,
      query: { after: points[2]!.at, maxResults: '2' },
    })
    expect(after.body.points).toEqual(points.slice(3, 5))
    const rest = await api.send({
      path: `/experiments/${id}/meter`,
      query: { after: points[2]!.at, nextToken: after.body.nextToken },
    })
    expect(rest.body.points).toEqual(points.slice(5))

    const extended = await api.send({
      method: 'POST',
      path: `/experiments/${id}/extend`,
      body: { bySeconds: 300, reason: 'Traffic was low.' },
    })
    expect(extended.status).toBe(200)
    expect(Date.parse(extended.body.endAt) - Date.parse(running.endAt)).toBe(300_000)

    const stopped = await api.send({
      method: 'POST',
      path: `/experiments/${id}/stop`,
      body: { reason: 'Seen.' },
    })
    expect(stopped.status).toBe(202)
    expect(stopped.body).toMatchObject({ phase: 'draining', outcome: 'stopped', reason: 'Seen.' })
    const again = await api.send({ method: 'POST', path: `/experiments/${id}/stop` })
    expect(again.status).toBe(409)

    const trail = await api.send({ path: `/experiments/${id}/audit` })
    expect(trail.body.entries.map(told)).toEqual([
      ['local', 'created', null, undefined, 'scheduled'],
      ['shadowmeter', 'preparing', null, 'scheduled', 'preparing'],
      ['shadowmeter', 'mirroring', null, 'preparing', 'mirroring'],
      ['local', `extending to ${extended.body.endAt}`, 'Traffic was low.', 'mirroring', 'mirroring'],
      ['local', `extended to ${extended.body.endAt}`, 'Traffic was low.', 'mirroring', 'mirroring'],
      ['local', 'draining: stopped', 'Seen.', 'mirroring', 'draining'],
    ])
    const moved: AuditEntry = trail.body.entries[4]
    expect([moved.before?.endAt, moved.after.endAt]).toEqual([running.endAt, extended.body.endAt])

    const ended = await passUntil(account, api, id, 'ended')
    const { body: final } = await api.send({ path: `/experiments/${id}/ledger` })
    expect(ended.outcome).toBe('stopped')
    expect(final.totalUsd).toBe(ended.spend.totalUsd)
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
    const late = await api.send({
      method: 'POST',
      path: `/experiments/${id}/extend`,
      body: { bySeconds: 60 },
    })
    expect(late.status).toBe(409)
  })

  it('waits for its start, and can be stopped before it', async () => {
    const { account, api } = await open()
    const startAt = new Date(account.clock.now() + 3_600_000).toISOString()
    const { status, body: one } = await api.send(create({ window: { startAt, durationSeconds: 600 } }))

    expect(status).toBe(201)
    expect(one).toMatchObject({ phase: 'scheduled', startAt })
    await api.send({ method: 'POST', path: `/experiments/${one.id}/stop` })
    const ended = await passUntil(account, api, one.id, 'ended')
    expect(ended).toMatchObject({ outcome: 'stopped', spend: { totalUsd: expect.closeTo(0, 3) } })
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  })
})

describe('the audit trail of all experiments', PATIENT, () => {
  const later = { window: { startAt: '2026-12-24T12:00:00Z', durationSeconds: 600 } }

  it('has the newest first, page by page, and cannot be changed', async () => {
    const { account, api } = await open()
    const ids: string[] = []
    for (const name of ['one', 'two', 'three']) {
      const { body: experiment } = await api.send(create({ ...later, name }))
      ids.push(experiment.id)
      await account.clock.advance(1000)
    }
    await pass(account)
    const first = await api.send({ path: '/audit', query: { maxResults: '2' } })
    const rest = await api.send({ path: '/audit', query: { nextToken: first.body.nextToken } })

    const entries: AuditEntry[] = [...first.body.entries, ...rest.body.entries]
    expect(entries.map(({ experiment }) => experiment)).toEqual(ids.reverse())
    expect(rest.body.nextToken).toBeNull()
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      for (const path of ['/audit', `/experiments/${ids[0]}/audit`]) {
        const refused = await api.send({ method, path, body: {} })
        expect(refused.status).toBe(405)
      }
  })
})

describe('a change of a revision that is not the present one', PATIENT, () => {
  it('is refused as a conflict, whatever the meter has written meanwhile', async () => {
    const { account, api } = await open()
    const { body: created } = await api.send(create())
    const seen = await passUntil(account, api, created.id, 'mirroring')
    const extend = (ifRevision: number) =>
      api.send({
        method: 'POST',
        path: `/experiments/${created.id}/extend`,
        body: { bySeconds: 60, ifRevision },
      })
    await pass(account)
    const mine = await extend(seen.revision)
    const theirs = await extend(seen.revision)
    const stop = { method: 'POST', path: `/experiments/${created.id}/stop` }
    const stale = await api.send({ ...stop, body: { ifRevision: seen.revision } })
    const fresh = await api.send({ ...stop, body: { ifRevision: mine.body.revision } })

    expect(mine.status).toBe(200)
    expect(mine.body.revision).toBeGreaterThan(seen.revision)
    expect([theirs.status, theirs.body.type]).toEqual([409, 'urn:shadowmeter:problem:conflict'])
    expect(theirs.body.detail).toContain(`revision ${mine.body.revision}, not ${seen.revision}`)
    expect([stale.status, fresh.status]).toEqual([409, 202])
  })
})

describe('an Idempotency-Key', PATIENT, () => {
  const key = { 'idempotency-key': 'deploy-4711' }
  /** Nothing begins with the request: only what is stored matters here. */
  const later = { window: { startAt: '2026-12-24T12:00:00Z', durationSeconds: 600 } }

  it('answers the same request with the same experiment, however its fields are ordered', async () => {
    const { api } = await open()
    const first = await api.send(create(later, key))
    const { name, ...rest } = { ...body, ...later }
    const second = await api.send({ ...create(later, key), body: { ...rest, name } })

    expect(second.status).toBe(201)
    expect(second.body.id).toBe(first.body.id)
    const { body: list } = await api.send({ path: '/experiments' })
    expect(list.experiments).toHaveLength(1)
  })

  it('refuses another request', async () => {
    const { api } = await open()
    const first = await api.send(create(later, key))
    const { status, body: problem } = await api.send(create({ ...later, budgetUsd: 26 }, key))

    expect(status).toBe(409)
    expect(problem.type).toBe('urn:shadowmeter:problem:idempotency-mismatch')
    expect(problem.detail).toContain(first.body.id)
  })

  it('belongs to its caller', async () => {
    const { api } = await open()
    const first = await api.send(create(later, key))
    const other = await api.send({
      ...create(later, key),
      authorizer: { iam: { userArn: 'arn:aws:iam::1:user/eve' } },
    })

    expect(first.status).toBe(201)
    expect(other.body.id).not.toBe(first.body.id)
    expect(other.body.createdBy).toBe('arn:aws:iam::1:user/eve')
  })

  it('is a role’s, whatever its session is called', async () => {
    const { api } = await open()
    const as = (role: string, session: string) =>
      api.send({
        ...create(later, key),
        authorizer: { iam: { userArn: `arn:aws:sts::111122223333:assumed-role/${role}/${session}` } },
      })
    const first = await as('pipeline', 'run-1')
    const second = await as('pipeline', 'run-2')
    const other = await as('pipeline-2', 'run-1')

    expect(first.body.createdBy).toMatch(/pipeline\/run-1$/)
    expect(second.body.id).toBe(first.body.id)
    expect(other.body.id).not.toBe(first.body.id)
  })

  it('makes one experiment of two requests at once', async () => {
    const { api } = await open()
    const answers = await Promise.all([api.send(create(later, key)), api.send(create(later, key))])

    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    expect(answers[0]!.body.id).toBe(answers[1]!.body.id)
  })

  it('survives a crash between the claim and the experiment', async () => {
    const { account, api } = await open()
    const { table } = account.plane
    const lost = await api.send(create(later, key))
    await deleteItem(table, experimentKey(lost.body.id))
    await deleteItem(table, activeKey(lost.body.id))
    const repeated = await api.send(create(later, key))

    expect(repeated.status).toBe(201)
    expect(repeated.body.id).toBe(lost.body.id)
  })

  it.each(['', 'two words', 'x'.repeat(256), 'schlüssel'])('is refused as %j', async (wrong) => {
    const { api } = await open()
    const { status, body: problem } = await api.send(create(later, { 'idempotency-key': wrong }))

    expect(status).toBe(400)
    expect(problem.errors[0].path).toBe('header.idempotency-key')
  })
})

describe('a plan', PATIENT, () => {
  it('says what would be mirrored, created and spent, and changes nothing', async () => {
    const { account, api } = await open()
    const { status, body: plan } = await api.send({ method: 'POST', path: '/plans', body })

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
    const planned = await api.send({ method: 'POST', path: '/plans', body: { ...body, ...more } })
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
    const { body: plan } = await api.send({ method: 'POST', path: '/plans', body: { ...body, source } })

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
      api.send({ method: 'POST', path: '/plans', body: { ...body, source, ...more } })
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

describe('an extension', PATIENT, () => {
  it('is refused when the budget does not pay for it, and granted with one that does', async () => {
    const { account, api } = await open()
    const { body: one } = await api.send(create({ budgetUsd: 1 }))
    await passUntil(account, api, one.id, 'mirroring')
    const extend = (more: object) =>
      api.send({
        method: 'POST',
        path: `/experiments/${one.id}/extend`,
        body: { bySeconds: 7 * 86_400, ...more },
      })
    const refused = await extend({})
    const granted = await extend({ budgetUsd: 100 })

    expect(refused.status).toBe(400)
    expect(refused.body.errors[0]).toMatchObject({
      path: 'body.budgetUsd',
      message: expect.stringMatching(/at least, before any more traffic; the budget is \$1\.00/),
    })
    expect(granted.status).toBe(200)
    expect(granted.body.spec.budgetUsd).toBe(100)
  })
})

describe('sources', PATIENT, () => {
  it('are all the interfaces of the account, page by page, each with its verdict', async () => {
    const { api } = await open()
    const seen = new Map<string, string>()
    let nextToken: string | null = null
    do {
      const query: Record<string, string> = { maxResults: '7', ...(nextToken !== null && { nextToken }) }
      const { status, body: page } = await api.send({ path: '/sources', query })
      expect(status).toBe(200)
      for (const { eni, verdict } of page.sources) seen.set(eni, verdict)
      nextToken = page.nextToken
    } while (nextToken !== null)

    expect(seen.size).toBe(world.instances + 8)
    expect(seen.get(world.eni(1))).toBe('supported')
    expect(seen.get(world.lambdaEni)).toBe('unsupported')
  })

  it('are previewed before anything is planned: each interface with its verdict, or why it is left out', async () => {
    const { account, api } = await open()
    const source = {
      by: 'auto-scaling-group',
      names: ['checkout', 'nowhere'],
      exclude: { instances: [world.instance(3)] },
    }
    const { status, body: preview } = await api.send({
      method: 'POST',
      path: '/sources/preview',
      body: { source },
    })

    expect(status).toBe(200)
    expect(preview.enis).toHaveLength(world.instances)
    expect(preview.enis[0]).toMatchObject({ eni: world.eni(1), verdict: 'supported', excluded: null })
    expect(preview.enis[2].excluded).toBe(`The source excludes its instance, ${world.instance(3)}.`)
    expect(preview.missing).toEqual(['There is no Auto Scaling group nowhere.'])
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  })

  it('of another account, or with a field that there is not, are refused', async () => {
    const { api } = await open()
    const preview = (source: object) =>
      api.send({ method: 'POST', path: '/sources/preview', body: { source } })
    const foreign = await preview({ by: 'eni', ids: [world.eni(1)], account: '999999999999' })
    const unknown = await preview({ by: 'eni', ids: [world.eni(1)], interfaces: 'all' })
    const kind = await preview({ by: 'asg', names: ['checkout'] })

    expect(foreign.status).toBe(400)
    expect(foreign.body.errors).toEqual([
      { path: 'body.source.account', message: expect.stringContaining('its own account, 111122223333') },
    ])
    expect(unknown.body.errors).toEqual([
      { path: 'body.source.interfaces', message: 'There is no such field' },
    ])
    expect(kind.body.errors[0].path).toBe('body.source.by')
    expect(kind.body.errors[0].message).toContain('auto-scaling-group')
  })

  it('refuse a token that no page gave', async () => {
    const { api } = await open()
    const { status, body: problem } = await api.send({ path: '/sources', query: { nextToken: 'x' } })

    expect(status).toBe(400)
    expect(problem.errors[0].path).toBe('query.nextToken')
  })
})
