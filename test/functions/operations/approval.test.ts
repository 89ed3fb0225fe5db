import { describe, expect, it, test } from 'vitest'
import { RoleMembers } from '../../../contract/role.ts'
import { openApiOver } from '../../support/api.ts'
import * as world from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import { openAccount, pass } from '../../support/experiment-account.ts'

const PATIENT = { timeout: 60_000 }

const body = {
  name: 'checkout',
  source: { by: 'eni', ids: [world.eni(1)] },
  traffic: { ports: [8080] },
  shadow: { url: 'http://127.0.0.1:9000' },
  dependencies,
  reason: 'Release 42 changes how orders are written.',
  window: { durationSeconds: 600 },
  budgetUsd: 25,
}
const person = (email: string, groups: string) => ({
  jwt: { claims: { sub: email, email, groups: `[${groups}]` }, scopes: null },
})
const ada = person('ada@example.com', 'release')
const lead = person('lead@example.com', 'release leads')
const other = person('other@example.com', 'leads')
const job = (session: string) => ({
  iam: { userArn: `arn:aws:sts::123456789012:assumed-role/pipeline/${session}` },
})

const open = async (...fourEyes: ('mirroring' | 'writes' | 'redaction' | 'extending')[]) => {
  const account = await openAccount()
  const roles = RoleMembers.parse({
    operator: ['release', 'arn:aws:iam::123456789012:role/pipeline'],
    approver: ['leads', 'arn:aws:iam::123456789012:role/pipeline'],
  })
  const plane = { ...account.plane, config: { ...account.plane.config, fourEyes, roles } }
  const api = openApiOver(plane, { anonymous: null })
  const create = (authorizer: unknown, more: object = {}) =>
    api.send({ method: 'POST', path: '/experiments', body: { ...body, ...more }, authorizer })
  const read = async (id: string) => (await api.send({ path: `/experiments/${id}`, authorizer: ada })).body
  const approve = async (id: string, authorizer: unknown, ifRevision?: number) =>
    api.send({
      method: 'POST',
      path: `/experiments/${id}/approve`,
      body: { reason: 'Seen.', ifRevision: ifRevision ?? (await read(id)).revision },
      authorizer,
    })
  const ticks = async (count: number) => {
    for (let n = 0; n < count; n++) await pass(account)
  }
  const sessions = () => account.cloud.state.mirrorSessions.list().length
  return { account, api, create, read, approve, ticks, sessions }
}

describe('an experiment that a second person has to approve', PATIENT, () => {
  it('mirrors nothing before, whoever waits, and goes on with the approval', async () => {
    const { create, read, approve, ticks, sessions, api } = await open('mirroring')
    const { body: made } = await create(lead)
    await ticks(4)
    const waiting = await read(made.id)
    const before = sessions()
    const refused = [await approve(made.id, ada), await approve(made.id, lead)]
    const stale = await approve(made.id, other, 99)
    const given = await approve(made.id, other)
    await ticks(8)
    const audit = await api.send({ path: `/experiments/${made.id}/audit`, authorizer: ada })

    expect(waiting).toMatchObject({
      phase: 'scheduled',
      reason: 'It waits for the approval of a second person (mirroring).',
      approval: {
        ...{ for: ['mirroring'], askedBy: 'lead@example.com', by: null },
        askedReason: 'Release 42 changes how orders are written.',
      },
    })
    expect(before).toBe(0)
    expect(refused.map(({ status }) => status)).toEqual([403, 403])
    expect(refused[0]?.body.detail).toContain('needs the role approver')
    expect(refused[1]?.body.detail).toContain('somebody else')
    expect(stale.status).toBe(409)
    expect(given.status).toBe(200)
    expect(await read(made.id)).toMatchObject({
      phase: 'mirroring',
      approval: { by: 'other@example.com', reason: 'Seen.' },
    })
    expect(sessions()).toBe(1)
    expect(audit.body.entries).toContainEqual(
      expect.objectContaining({ who: 'other@example.com', what: 'approved: mirroring', why: 'Seen.' }),
    )
    expect(audit.body.entries).toContainEqual(
      expect.objectContaining({ what: 'created', why: 'Release 42 changes how orders are written.' }),
    )
    expect((await approve(made.id, other)).status).toBe(409)
  })

  it('is not made without a reason, which the approver needs', async () => {
    const { create, api } = await open('mirroring')
    const unexplained = { ...body, reason: undefined }

    const refused = await create(ada, { reason: undefined })
    const plan = await api.send({ method: 'POST', path: '/plans', body: unexplained, authorizer: ada })

    expect([refused.status, refused.body.detail]).toEqual([
      422,
      'A second person has to approve it (mirroring): say in reason why you ask for it.',
    ])
    expect(plan.body).toMatchObject({ startable: false })
  })

  it('cannot be approved by the same role under another session’s name', async () => {
    const { create, approve } = await open('mirroring')
    const { body: made } = await create(job('build-1'))

    expect((await approve(made.id, job('build-2'))).status).toBe(403)
    expect((await approve(made.id, other)).status).toBe(200)
  })

  it('is over when its window has passed without', async () => {
    const { create, read, ticks, account, sessions } = await open('mirroring')
    const { body: made } = await create(ada, { window: { durationSeconds: 20 } })
    await account.clock.advance(30_000)
    await ticks(4)

    expect(await read(made.id)).toMatchObject({
      phase: 'ended',
      outcome: 'expired',
      reason: 'Nobody approved it before its window had passed.',
    })
    expect(sessions()).toBe(0)
  })
})

test.each<[string, object, string[]]>([
  ['held writes and full redaction', {}, []],
  ['writes', { requests: { writes: 'forward' } }, ['writes']],
  ['no redaction', { requests: { redaction: { mode: 'off' } } }, ['redaction']],
  ['a kind that is kept', { requests: { redaction: { kinds: { email: 'keep' } } } }, ['redaction']],
  [
    'a rule that keeps, and writes',
    { requests: { writes: 'forward', redaction: { rules: [{ headers: ['x-a'], action: 'keep' }] } } },
    ['writes', 'redaction'],
  ],
])('of %s, where both are asked for, waits what is asked for', PATIENT, async (_, more, waits) => {
  const { create } = await open('writes', 'redaction')

  const { body: made } = await create(ada, more)

  expect(made.approval?.for ?? []).toEqual(waits)
})

test('a later end waits for the second person, and the earlier one stays in force', PATIENT, async () => {
  const { create, read, approve, api, ticks } = await open('extending')
  const { body: made } = await create(ada)
  await ticks(8)
  const before = (await read(made.id)).endAt

  const extend = (more: object) =>
    api.send({
      method: 'POST',
      path: `/experiments/${made.id}/extend`,
      body: { bySeconds: 300, ...more },
      authorizer: ada,
    })
  const unexplained = await extend({})
  const asked = await extend({ reason: 'Too little traffic so far.' })
  await ticks(3)
  const waiting = await read(made.id)
  await approve(made.id, other)
  await ticks(3)

  expect([unexplained.status, unexplained.body.errors?.[0]?.path]).toEqual([400, 'body.reason'])
  expect(asked.status).toBe(200)
  expect(waiting).toMatchObject({
    ...{ phase: 'mirroring', endAt: before },
    approval: { for: ['extending'], askedReason: 'Too little traffic so far.' },
  })
  expect(Date.parse((await read(made.id)).endAt)).toBe(Date.parse(before) + 300_000)
})
