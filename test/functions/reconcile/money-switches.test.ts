import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import type { Phase } from '../../../contract/experiment.ts'
import type { Ledger } from '../../../contract/ledger.ts'
import { defaultSwitches, type Switches, switchValues } from '../../../local/aws/switches.ts'
import { openApiOver } from '../../support/api.ts'
import { eni, instance } from '../../support/aws-world.ts'
import { Bill } from '../../support/bill.ts'
import {
  ACCOUNT_SWITCHES,
  begin,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { IS_PROOF } from '../../support/scale.ts'

type Case = [name: keyof Switches, value: Switches[keyof Switches]]

const usual: Switches = { ...defaultSwitches, ...ACCOUNT_SWITCHES }
const valuesOf = (wanted: (value: Switches[keyof Switches], name: keyof Switches) => boolean): Case[] =>
  (Object.keys(switchValues) as (keyof Switches)[]).flatMap((name) =>
    switchValues[name].filter((value) => wanted(value, name)).map((value): Case => [name, value]),
  )
/** With every switch at its usual value. */
const asUsual: Case = ['throttle', usual.throttle]
/** A quick run takes those that money depends on most; `npm run proof` takes every value of every switch. */
const QUICK: Partial<Switches> = { tokenAfterDelete: 'mismatch', describeLagSeconds: 60, pastAt: 'fires' }
const cases = IS_PROOF
  ? [asUsual, ...valuesOf((value, name) => value !== usual[name])]
  : valuesOf((value, name) => value === QUICK[name])

const TICK_SECONDS = 60
/** Three first hours, and a quarter of an hour of a gateway beside what is kept for the worst case. */
const MONTH_USD = 0.075

/**
 * Two interfaces, one of which stops and comes back, until the owner’s month does not pay for more.
 * AWS does not say how it bills a begun hour: the ledger has it whole, and is never below an exact one.
 */
test.each(cases)(
  'money is right and no budget is passed with %s %s',
  { timeout: IS_PROOF ? 600_000 : 120_000 },
  async (name, value) => {
    // Buckets are nothing without throttling.
    const switches = { ...(name === 'throttleBuckets' && { throttle: true }), [name]: value }
    const account = await openAccount(switches, undefined, {
      tickSeconds: TICK_SECONDS,
      healthSeconds: 30,
    })
    const api = openApiOver(account.plane)
    const bill = new Bill()
    const { ec2 } = account.plane.clients
    await api.send({ method: 'POST', path: '/budgets', body: { owner: 'checkout', monthUsd: MONTH_USD } })
    const id = await begin(
      account,
      experimentSpec({
        source: { by: 'instance', ids: [instance(1), instance(2)] },
        owner: 'checkout',
        window: { durationSeconds: 7200 },
      }),
    )
    /** Until it is in the phase, and so many ticks at least. */
    const passes = async (least: number, phase?: Phase) => {
      for (let n = 0; n < 40; n++) {
        if (n >= least && (phase === undefined || (await read(account.plane, id)).experiment.phase === phase))
          return
        await pass(account, account.plane, TICK_SECONDS)
        await bill.read(account.cloud.address)
      }
    }
    await passes(1, 'mirroring')
    await ec2.send(new StopInstancesCommand({ InstanceIds: [instance(2)] }))
    await passes(4)
    await ec2.send(new StartInstancesCommand({ InstanceIds: [instance(2)] }))
    await passes(4)
    await passes(1, 'ended')
    await passes(2)

    const { experiment } = await read(account.plane, id)
    const ledger: Ledger = (await api.send({ path: `/experiments/${id}/ledger` })).body
    const sessionsUsd = ledger.lines.find(({ line }) => line === 'mirror-sessions')?.usd ?? 0
    expect(experiment).toMatchObject({ phase: 'ended', outcome: 'over-budget' })
    expect(ledger.totalUsd).toBe(experiment.spend.totalUsd)
    expect(ledger.totalUsd).toBeLessThanOrEqual(MONTH_USD)
    expect(bill.sessions(id).length).toBe(3)
    expect(sessionsUsd).toBeCloseTo(bill.sessionHours(id) * 0.015, 6)
    expect(sessionsUsd).toBeGreaterThanOrEqual(bill.exactSessionHours(id) * 0.015)
    expect(ledger.rows.map((row) => row.eni)).toContain(eni(1))
    expect(experiment.volume.bytes).toBe(account.gateways.counted(id))
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  },
)
