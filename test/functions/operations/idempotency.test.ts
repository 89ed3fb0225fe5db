import { describe, expect, it } from 'vitest'
import { activeKey, experimentKey } from '../../../contract/table.ts'
import { deleteItem } from '../../../functions/store/table.ts'
import { asked, create, open, PATIENT } from '../../support/api-account.ts'

describe('an Idempotency-Key', PATIENT, () => {
  const key = { 'idempotency-key': 'deploy-4711' }
  /** Nothing begins with the request: only what is stored matters here. */
  const later = { window: { startAt: '2026-12-24T12:00:00Z', durationSeconds: 600 } }

  it('answers the same request with the same experiment, however its fields are ordered', async () => {
    const { api } = await open()
    const first = await api.send(create(later, key))
    const { name, ...rest } = { ...asked, ...later }
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
