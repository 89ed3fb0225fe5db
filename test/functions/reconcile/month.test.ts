import { expect, test } from 'vitest'
import type { AuditEntry } from '../../../contract/audit.ts'
import type { Experiment } from '../../../contract/experiment.ts'
import type { LedgerLine } from '../../../contract/ledger.ts'
import { leftovers, NOTHING_LEFT } from '../../support/experiment-account.ts'
import { IS_PROOF } from '../../support/scale.ts'
import { type Month, type MonthSize, playMonth, TEAMS } from '../../support/simulated-month.ts'

/** `npm run proof` plays the whole month: 200 experiments, 2,000 interfaces. */
const SIZE: MonthSize = IS_PROOF
  ? { fleets: 200, perFleet: 10, days: 31, seconds: [300, 900], monthUsd: [22, 15] }
  : { fleets: 5, perFleet: 3, days: 2, seconds: [180, 300], monthUsd: [0.45, 0.09] }
const CENT = 0.01

/** When each experiment needed gateways, from its trail. */
const needsOf = async ({ api, ids }: Month) => {
  const needs = new Map<string, { from: number; to: number }>()
  for (const id of ids) {
    const { body } = await api.send({ path: `/experiments/${id}/audit`, query: { maxResults: '200' } })
    const entries: AuditEntry[] = body.entries
    const at = (what: RegExp) => entries.find((entry) => what.test(entry.what))?.at
    const [from, to] = [at(/^preparing/), at(/^ended/)]
    if (from !== undefined && to !== undefined) needs.set(id, { from: Date.parse(from), to: Date.parse(to) })
  }
  return needs
}

test('a month of two teams: every ledger is what the endpoints’ own log says, and no budget is passed', {
  timeout: IS_PROOF ? 7_200_000 : 120_000,
}, async () => {
  const began = performance.now()
  const month = await playMonth(SIZE, 7)
  const { account, api, bill, ids } = month
  const needs = await needsOf(month)
  const spent = new Map<string, number>()
  let furthest = 0

  for (const id of ids) {
    const experiment: Experiment = (await api.send({ path: `/experiments/${id}` })).body
    const ledger = (await api.send({ path: `/experiments/${id}/ledger` })).body
    const usd = (kind: string): number =>
      (ledger.lines as LedgerLine[])
        .filter(({ line }) => line === kind)
        .reduce((sum, line) => sum + line.usd, 0)
    const { volume, spend, spec } = experiment
    const bytes = account.gateways.counted(id)
    const wire = { bytes, packets: volume.packets, crossing: 1 }
    const own = bill.usd(id, wire, bill.taskSecondsOf(id, needs))

    expect(volume.bytes).toBe(bytes)
    expect(usd('mirror-sessions')).toBeCloseTo(own.sessions, 6)
    for (const [line, expected] of [
      ['nlcu', own.nlcu],
      ['cross-az', own.crossAz],
      ['fargate', own.fargate],
    ] as const) {
      const apart = Math.abs(usd(line) - expected)
      furthest = Math.max(furthest, apart)
      expect(apart, `${line} of ${id}`).toBeLessThan(CENT / 2)
    }
    const total = own.sessions + own.nlcu + own.crossAz + own.fargate
    expect(Math.abs(ledger.totalUsd - usd('control-plane') - total)).toBeLessThan(CENT / 2)
    expect(ledger.totalUsd).toBe(spend.totalUsd)
    expect(spend.totalUsd).toBeLessThanOrEqual(spec.budgetUsd)
    expect(total).toBeLessThanOrEqual(spec.budgetUsd)
    const owner = spec.owner ?? ''
    spent.set(owner, (spent.get(owner) ?? 0) + spend.totalUsd)
  }

  const { body } = await api.send({ path: '/budgets', query: { month: '2026-12' } })
  for (const [index, owner] of TEAMS.entries()) {
    const shown = body.owners.find((one: { owner: string }) => one.owner === owner)
    const budget = SIZE.monthUsd[index] ?? 0
    expect(shown.spentUsd).toBeCloseTo(spent.get(owner) ?? 0, 6)
    expect(shown).toMatchObject({ heldUsd: 0, running: 0 })
    expect(month.most.get(owner)).toBeLessThanOrEqual(budget)
  }
  // The budgets bite: one team is refused, and still most of its money was used.
  expect(month.refused.length).toBeGreaterThan(0)
  expect(spent.get('search')).toBeGreaterThan(0.5 * (SIZE.monthUsd[1] ?? 0))
  expect(month.churn).toBeGreaterThan(0)
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
  expect(bill.sessions().filter(({ to }) => to === Number.POSITIVE_INFINITY)).toEqual([])
  if (IS_PROOF)
    console.log(
      `${ids.length} experiments, ${month.refused.length} starts refused, ${bill.sessions().length} sessions, ` +
        `${month.churn} instances stopped, started or terminated, ${month.ticks} ticks: ` +
        `${[...spent].map(([owner, usd]) => `${owner} $${usd.toFixed(2)}`).join(', ')}; ` +
        `no line further from the log than $${furthest.toFixed(5)}; ${Math.round((performance.now() - began) / 1000)} s`,
    )
})
