import { expect, test } from 'vitest'
import { listAudit } from '../../../functions/store/audit.ts'
import { readFleet } from '../../../functions/store/fleet.ts'
import {
  type Account,
  begin,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
  stop,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'

const until = async (account: Account, seen: () => Promise<boolean>): Promise<void> => {
  for (let n = 0; n < 40; n++) {
    if (await seen()) return
    await pass(account)
  }
  throw new Error(`it did not come about: ${account.lines.slice(-20).join('\n')}`)
}

const phase = async (account: Account, id: string) => (await read(account.plane, id)).experiment.phase

test('gateways that lose packets are replaced by more: announced, unpaired meanwhile, and in the record', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const { plane, gateways } = account
  const traffic = { ports: [8080], directions: 'both' as const }
  const id = await begin(account, spec({ traffic, window: { durationSeconds: 900 }, budgetUsd: 20 }))
  await until(account, async () => (await phase(account, id)) === 'mirroring')
  const before = gateways.names

  gateways.load = { packetsPerSecond: 20_000, lossShare: 0.2 }
  await until(account, async () => (await readFleet(plane.table)).swap !== null)
  const announced = { paired: gateways.paired, names: gateways.names }
  await until(account, async () => (await readFleet(plane.table)).swappedAt !== null)
  gateways.load = { packetsPerSecond: 20_000, lossShare: 0 }
  await until(account, async () => gateways.paired)
  const swapped = (await read(plane, id)).experiment
  const after = gateways.names
  await stop(account, id)
  await until(account, async () => (await phase(account, id)) === 'ended')

  expect(announced).toEqual({ paired: false, names: before })
  expect(after).toHaveLength(2)
  expect(after.filter((name) => before.includes(name))).toEqual([])
  expect(swapped.gaps).toEqual([
    expect.objectContaining({
      kind: 'gateways-swapped',
      until: expect.any(String),
      what: expect.stringMatching(
        /^2 new gateway tasks take over: a gateway task loses 20 % of its packets\./,
      ),
    }),
  ])
  const trail = (await listAudit(plane.table, id, { maxResults: 50 })).items.map(({ what }) => what)
  expect(trail).toEqual(
    expect.arrayContaining(['coverage gap: gateways-swapped', 'coverage gap is over: gateways-swapped']),
  )
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})
