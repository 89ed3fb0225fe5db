import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../../contract/audit.ts'
import type { LedgerLine, LedgerRow } from '../../../contract/ledger.ts'
import type { MeterPoint } from '../../../contract/meter.ts'
import { create, open, PATIENT, passUntil } from '../../support/api-account.ts'
import { leftovers, NOTHING_LEFT, pass, rulesWithoutLease } from '../../support/experiment-account.ts'

const told = ({ who, what, why, before, after }: AuditEntry) => [who, what, why, before?.phase, after.phase]

describe('an experiment through the API', PATIENT, () => {
  it('starts at once, mirrors, explains its money, is extended, stops, and leaves nothing', async () => {
    const { account, api } = await open()
    const created = await api.send(create({ traffic: { ports: [8080], packetLength: 512 } }))
    const { id } = created.body

    expect(created.status).toBe(201)
    expect(created.headers.location).toBe(`experiments/${id}`)
    expect(created.body).toMatchObject({ phase: 'preparing', createdBy: 'local', outcome: null })

    await passUntil(account, api, id, 'mirroring')
    for (let ticks = 0; ticks < 6; ticks++) await pass(account)
    expect(rulesWithoutLease(account)).toEqual([])
    expect(account.cloud.state.mirrorSessions.list().map(({ packetLength }) => packetLength)).toEqual([
      512, 512,
    ])

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
