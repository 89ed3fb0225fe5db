import { describe, expect, it } from 'vitest'
import type { OwnerMonth } from '../../../contract/budget.ts'
import { openApiOver } from '../../support/api.ts'
import { eni } from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import {
  type Account,
  begin,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const PATIENT = { timeout: 90_000 }

const open = async () => {
  const account = await openAccount()
  const api = openApiOver(account.plane)
  const setBudget = async (body: object) => {
    // Entries of one millisecond have no order.
    await account.clock.advance(1)
    return api.send({ method: 'POST', path: '/budgets', body })
  }
  const months = async (month?: string): Promise<OwnerMonth[]> =>
    (await api.send({ path: '/budgets', ...(month && { query: { month } }) })).body.owners
  const monthOf = async (owner: string, month?: string) =>
    (await months(month)).find((one) => one.owner === owner)
  return { account, api, setBudget, months, monthOf }
}
const passes = async (account: Account, count: number) => {
  for (let n = 0; n < count; n++) await pass(account)
}
const isEnded = async ({ plane }: Account, id: string) => (await read(plane, id)).experiment.phase === 'ended'
/** Until it has ended, and once more. */
const passUntilEnded = async (account: Account, id: string) => {
  for (let n = 0; n < 40 && !(await isEnded(account, id)); n++) await pass(account)
  await pass(account)
}
const one = (n: number, owner: string, more: object = {}) =>
  experimentSpec({ source: { by: 'eni', ids: [eni(n)] }, owner, window: { durationSeconds: 600 }, ...more })
const spec = (n: number, owner: string) => ({
  name: 'checkout',
  owner,
  source: { by: 'eni', ids: [eni(n)] },
  traffic: { ports: [8080] },
  shadow: { url: 'http://127.0.0.1:9000' },
  dependencies,
  window: { durationSeconds: 600 },
  budgetUsd: 25,
})

describe('a month’s budget', PATIENT, () => {
  it('is set, changed and removed, each change in the audit trail, the last one by its revision', async () => {
    const { api, setBudget, months } = await open()

    const set = await setBudget({ owner: 'checkout', monthUsd: 100, reason: 'Agreed.' })
    const changed = await setBudget({ owner: 'checkout', monthUsd: 50, ifRevision: 1 })
    const stale = await setBudget({ owner: 'checkout', monthUsd: 70, ifRevision: 1 })
    const removed = await setBudget({ owner: 'checkout', monthUsd: null })
    const everybody = await setBudget({ owner: '*', monthUsd: 7.5 })
    const bad = await setBudget({ owner: 'a#b', monthUsd: -1 })
    const { entries } = (await api.send({ path: '/audit' })).body

    expect(set.body).toMatchObject({ budgetUsd: 100, from: 'own', revision: 1, spentUsd: 0, leftUsd: 100 })
    expect(changed.body).toMatchObject({ budgetUsd: 50, revision: 2 })
    expect(stale).toMatchObject({ status: 409, body: { type: 'urn:shadowmeter:problem:conflict' } })
    expect(removed.body).toMatchObject({ budgetUsd: null, from: null, leftUsd: null })
    expect(everybody.body).toMatchObject({ owner: '*', budgetUsd: 7.5, from: 'own' })
    expect(bad.body.errors.map(({ path }: { path: string }) => path)).toEqual(['body.owner', 'body.monthUsd'])
    expect((await months()).map(({ owner, from }) => [owner, from])).toEqual([['*', 'own']])
    expect(
      entries.map(({ owner, who, what, why, before, after }: Record<string, unknown>) => [
        owner,
        who,
        what,
        why,
        before,
        after,
      ]),
    ).toEqual([
      ['*', 'local', 'budget set', null, null, { monthUsd: 7.5 }],
      ['checkout', 'local', 'budget removed', null, { monthUsd: 50 }, null],
      ['checkout', 'local', 'budget changed', null, { monthUsd: 100 }, { monthUsd: 50 }],
      ['checkout', 'local', 'budget set', 'Agreed.', null, { monthUsd: 100 }],
    ])
  })

  it('lists its owners page by page', async () => {
    const { api, setBudget } = await open()
    for (const owner of ['c', 'a', 'b']) await setBudget({ owner, monthUsd: 1 })

    const first = (await api.send({ path: '/budgets', query: { maxResults: '2' } })).body
    const rest = (
      await api.send({ path: '/budgets', query: { maxResults: '2', nextToken: first.nextToken } })
    ).body
    const bad = await api.send({ path: '/budgets', query: { nextToken: '!' } })

    expect(first.owners.map(({ owner }: OwnerMonth) => owner)).toEqual(['a', 'b'])
    expect(rest.owners.map(({ owner }: OwnerMonth) => owner)).toEqual(['c'])
    expect(rest.nextToken).toBeNull()
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ path: 'query.nextToken' }] } })
  })

  it('refuses a start that it does not pay for, in the plan and at the creation', async () => {
    const { api, setBudget } = await open()
    await setBudget({ owner: 'checkout', monthUsd: 0.01 })
    await setBudget({ owner: '*', monthUsd: 1000 })

    const plan = await api.send({ method: 'POST', path: '/plans', body: spec(1, 'checkout') })
    const refused = await api.send({ method: 'POST', path: '/experiments', body: spec(1, 'checkout') })
    const other = await api.send({ method: 'POST', path: '/plans', body: spec(1, 'search') })

    expect(plan.body.startable).toBe(false)
    expect(plan.body.month).toEqual({ owner: 'checkout', month: '2026-11', budgetUsd: 0.01, leftUsd: 0.01 })
    expect(plan.body.problems.join()).toContain(
      'more than the $0.01 that the budget of checkout for 2026-11 ($0.01) leaves it',
    )
    expect(refused).toMatchObject({ status: 422, body: { type: 'urn:shadowmeter:problem:not-startable' } })
    expect(other.body).toMatchObject({ startable: true, month: { owner: 'search', budgetUsd: 1000 } })
  })

  it('counts every experiment of the owner, holds what the running may cost, and frees it when they are over', async () => {
    const { account, monthOf, setBudget } = await open()
    await setBudget({ owner: 'checkout', monthUsd: 40 })
    const first = await begin(account, one(1, 'checkout'))
    const second = await begin(account, one(2, 'checkout', { window: { durationSeconds: 60 } }))
    await passes(account, 6)
    const running = await monthOf('checkout')
    await passUntilEnded(account, second)
    const later = await monthOf('checkout')

    const spends = await Promise.all(
      [first, second].map(async (id) => (await read(account.plane, id)).experiment),
    )
    expect(running).toMatchObject({ experiments: 2, running: 2 })
    expect(running!.heldUsd).toBeGreaterThan(0)
    expect(later).toMatchObject({ experiments: 2, running: 1 })
    expect(later!.heldUsd).toBeLessThan(running!.heldUsd)
    expect(spends.map(({ phase }) => phase)).toEqual(['mirroring', 'ended'])
    expect(later!.spentUsd).toBeCloseTo(spends[0]!.spend.totalUsd + spends[1]!.spend.totalUsd, 9)
  })

  it('ends who would pass it before it is passed, leaving the other owners alone', async () => {
    const { account, api, monthOf, setBudget } = await open()
    const mine = await begin(account, one(1, 'checkout'))
    const other = await begin(account, one(2, 'search'))
    await passes(account, 6)
    const spent = (await read(account.plane, mine)).experiment.spend.totalUsd
    const monthUsd = Number((spent + 0.001).toFixed(6))
    await setBudget({ owner: 'checkout', monthUsd })
    await passUntilEnded(account, mine)

    const { experiment } = await read(account.plane, mine)
    const month = await monthOf('checkout')
    expect(experiment).toMatchObject({ phase: 'ended', outcome: 'over-budget' })
    expect(experiment.reason).toContain('that the budget of checkout for 2026-11')
    expect(month!.spentUsd).toBeLessThanOrEqual(monthUsd)
    expect(month).toMatchObject({ heldUsd: 0, running: 0 })
    expect((await read(account.plane, other)).experiment.phase).toBe('mirroring')
    await api.send({ method: 'POST', path: `/experiments/${other}/kill`, body: {} })
    await passUntilEnded(account, other)
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  })

  it('never lets a newcomer end who runs already: the newcomer is refused its first hour', async () => {
    const { account, monthOf, setBudget } = await open()
    const first = await begin(account, one(1, 'checkout'))
    await passes(account, 6)
    const held = (await monthOf('checkout'))!
    // Room for the one that runs, and not for the first hour of another.
    await setBudget({ owner: 'checkout', monthUsd: Number((held.spentUsd + 0.02).toFixed(6)) })
    const second = await begin(account, one(2, 'checkout'))
    await passes(account, 4)

    const [running, refused] = await Promise.all([first, second].map((id) => read(account.plane, id)))
    expect(running!.experiment.phase).toBe('mirroring')
    expect(refused!.experiment).toMatchObject({ outcome: 'over-budget', mirroringSince: null })
    expect(refused!.experiment.spend.lines['mirror-sessions']).toBe(0)
  })

  it('counts what is spent after the turn of the month for the next one', async () => {
    const { account, monthOf } = await open()
    await account.clock.advance(Date.parse('2026-11-30T23:59:15Z') - account.clock.now())
    const id = await begin(account, one(1, 'checkout'))
    await passes(account, 7)
    const november = (await read(account.plane, id)).experiment.spend.totalUsd
    await passes(account, 7)

    const total = (await read(account.plane, id)).experiment.spend.totalUsd
    const [before, after] = [await monthOf('checkout', '2026-11'), await monthOf('checkout', '2026-12')]
    expect(before!.spentUsd).toBeGreaterThanOrEqual(november)
    expect(before).toMatchObject({ heldUsd: 0, running: 1 })
    expect(after!.spentUsd).toBeGreaterThan(0)
    expect(before!.spentUsd + after!.spentUsd).toBeCloseTo(total, 9)
  })
})
