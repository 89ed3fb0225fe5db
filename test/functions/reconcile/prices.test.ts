import { PricingClient } from '@aws-sdk/client-pricing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pricingRegion, readPriceList } from '../../../functions/billing/price-list.ts'
import { PRICE_KEYS } from '../../../functions/prices/table.ts'
import type { ControlPlane } from '../../../functions/reconcile/control-plane.ts'
import { refreshPrices } from '../../../functions/reconcile/prices.ts'
import { readPriceState } from '../../../functions/store/prices.ts'
import { openApiOver } from '../../support/api.ts'
import { type Account, begin, openAccount, pass, read, stop } from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const PATIENT = { timeout: 60_000 }
const HOUR_MS = 3_600_000

/** Another list, as if AWS had changed its prices. */
const changePrices = (account: Account, prices: Record<string, number>) =>
  openAccount({}, (world) => ({ ...world, prices })).then(({ plane }) => ({
    ...account.plane,
    clients: { ...account.plane.clients, pricing: plane.clients.pricing },
  }))
/** Nobody answers at the Price List’s address. */
const withoutList = ({ plane }: Account): ControlPlane => {
  const pricing = new PricingClient({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  onTestFinished(() => pricing.destroy())
  return { ...plane, clients: { ...plane.clients, pricing } }
}

describe('prices', PATIENT, () => {
  it('are read from the Price List over the wire, but for those whose place in it is not known', async () => {
    const { plane } = await openAccount({}, (world) => ({ ...world, prices: { 'ENI-Mirror': 0.018 } }))

    const table = await readPriceList(plane.clients.pricing, 'us-east-1', '2026-11-21')

    const own = PRICE_KEYS.filter((key) => table.prices[key].source === 'fallback')
    expect(own).toEqual(['schedule-invocation', 'kms-request'])
    expect(table.prices['mirror-session-hour']).toMatchObject({ usd: 0.018, date: '2026-11-21' })
    expect(table.prices['fargate-vcpu-hour'].usd).toBe(0.03238)
    expect(table.from).toContain('AWS Price List of us-east-1, read on 2026-11-21')
  })

  it('are the Region’s own', async () => {
    const { plane } = await openAccount()

    const table = await readPriceList(plane.clients.pricing, 'eu-central-1', '2026-11-21')

    expect(table.prices['nlb-hour'].source).toBe('price-list')
    expect(['us-west-2', 'eu-west-3', 'ap-southeast-2', 'cn-north-1'].map(pricingRegion)).toEqual([
      'us-east-1',
      'eu-central-1',
      'ap-south-1',
      'cn-northwest-1',
    ])
  })

  it('are read once a day, and every hour while that fails', async () => {
    const account = await openAccount()
    const { plane, clock } = account

    await refreshPrices(withoutList(account))
    const failed = await readPriceState(plane.table)
    const shipped = await plane.prices.current()
    await refreshPrices(plane)
    const tooSoon = await readPriceState(plane.table)
    await clock.advance(HOUR_MS)
    await refreshPrices(plane)
    const good = await readPriceState(plane.table)
    await clock.advance(23 * HOUR_MS)
    await refreshPrices(withoutList(account))
    const sameDay = await readPriceState(plane.table)
    await clock.advance(HOUR_MS)
    await refreshPrices(withoutList(account))
    const failedAgain = await readPriceState(plane.table)

    expect(failed).toMatchObject({
      version: 'fallback-2026-10-04',
      problem: expect.stringContaining('ECONNREFUSED'),
    })
    expect(shipped.from).toBe('Shadowmeter’s own table of us-east-1 prices, 2026-10-04')
    expect(tooSoon).toEqual(failed)
    expect(good).toMatchObject({ version: 'price-list-2026-11-21', problem: null })
    expect(sameDay).toEqual(good)
    expect(failedAgain).toMatchObject({ version: 'price-list-2026-11-21', problem: expect.any(String) })
    expect((await plane.prices.current()).version).toBe('price-list-2026-11-21')
  })

  it('stay those an experiment began with, in its ledger too, whatever AWS charges since', async () => {
    const account = await openAccount()
    const id = await begin(account, experimentSpec({ window: { durationSeconds: 600 } }))
    for (let ticks = 0; ticks < 5; ticks++) await pass(account)
    const dearer = await changePrices(account, { 'ENI-Mirror': 0.03 })
    await account.clock.advance(25 * HOUR_MS)
    await refreshPrices(dearer)
    await stop(account, id).catch(() => {})
    for (let ticks = 0; ticks < 8; ticks++) await pass(account, dearer)

    const { experiment } = await read(account.plane, id)
    const { body } = await openApiOver(account.plane).send({ path: `/experiments/${id}/ledger` })
    const now = await account.plane.prices.current()
    const hours = body.rows.reduce((sum: number, row: { hours: number }) => sum + row.hours, 0)

    expect(experiment.phase).toBe('ended')
    expect(now.prices['mirror-session-hour'].usd).toBe(0.03)
    expect(body.pricesFrom).toContain('read on 2026-11-21')
    expect(body.lines[0].price).toEqual({
      usd: 0.015,
      unit: 'ENI-hour',
      source: 'price-list',
      date: '2026-11-21',
    })
    expect(experiment.spend.lines['mirror-sessions']).toBeCloseTo(hours * 0.015, 9)
  })
})
