import { expect, test } from 'vitest'
import { listAudit } from '../../../functions/store/audit.ts'
import { readFleet } from '../../../functions/store/fleet.ts'
import { readGatewayTasks } from '../../../functions/store/gateway-tasks.ts'
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

const until = async (account: Account, seen: () => Promise<boolean>, passes = 40): Promise<void> => {
  for (let n = 0; n < passes; n++) {
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
  // The last reports of the tasks that are drained.
  gateways.cut = 3
  await gateways.report(account)
  gateways.cut = 0
  await until(account, async () => (await readFleet(plane.table)).swappedAt !== null)
  gateways.load = { packetsPerSecond: 20_000, lossShare: 0 }
  await until(account, async () => gateways.paired)
  const swapped = (await read(plane, id)).experiment
  const after = gateways.names
  const introduced = await readGatewayTasks(plane.table)
  await stop(account, id)
  await until(account, async () => (await phase(account, id)) === 'ended')
  await until(account, async () => (await readGatewayTasks(plane.table)).length === 0)

  expect(announced).toEqual({ paired: false, names: before })
  expect(after).toHaveLength(2)
  expect(after.filter((name) => before.includes(name))).toEqual([])
  // They are told of each other; of nobody when they are gone.
  expect(introduced.map(({ task }) => task).toSorted()).toEqual(after.toSorted())
  expect(swapped.cutConnections).toBe(3)
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

test('where the Fargate quota leaves no room for more gateways none are announced, and pairing goes on', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount({}, (declared) => ({ ...declared, fargateVcpus: 2 }))
  const { plane, gateways } = account
  const id = await begin(account, spec({ window: { durationSeconds: 900 }, budgetUsd: 20 }))
  await until(account, async () => (await phase(account, id)) === 'mirroring')
  const before = gateways.names

  gateways.load = { packetsPerSecond: 20_000, lossShare: 0.2 }
  await until(account, async () => account.lines.join().includes('leaves no larger set of gateways'))
  for (let n = 0; n < 3; n++) await pass(account)

  expect(await readFleet(plane.table)).toMatchObject({ swap: null, strainedSince: expect.any(String) })
  expect({ names: gateways.names, paired: gateways.paired }).toEqual({ names: before, paired: true })
})

test('gateways that have had far too little to do for long are replaced by fewer, which are left alone', {
  timeout: 120_000,
}, async () => {
  const account = await openAccount()
  const { plane, gateways } = account
  const id = await begin(account, spec({ window: { durationSeconds: 3000 }, budgetUsd: 20 }))
  await until(account, async () => (await phase(account, id)) === 'mirroring')
  gateways.load = { packetsPerSecond: 20_000, lossShare: 0.2 }
  await until(account, async () => (await readFleet(plane.table)).swappedAt !== null)
  const many = gateways.names
  gateways.load = { packetsPerSecond: 1000, lossShare: 0 }

  await until(account, async () => (await readFleet(plane.table)).slackSince !== null)
  const since = account.clock.now()
  await until(account, async () => (await readFleet(plane.table)).swap !== null, 60)
  const announced = { names: gateways.names, after: account.clock.now() - since }
  await until(account, async () => (await readFleet(plane.table)).eased !== null)
  await until(account, async () => gateways.names.length === 1)
  for (let n = 0; n < 5; n++) await pass(account)
  const after = { names: gateways.names, fleet: await readFleet(plane.table) }
  const { experiment } = await read(plane, id)
  await stop(account, id)
  await until(account, async () => (await phase(account, id)) === 'ended')
  await pass(account)

  expect(many).toHaveLength(2)
  expect(announced.names).toEqual(many)
  expect(announced.after).toBeGreaterThanOrEqual(plane.settings.slackMs)
  expect(after.names).toHaveLength(1)
  expect(many).not.toContain(after.names[0])
  expect(after.fleet).toMatchObject({ tasks: 1, swap: null, eased: { tasks: 1, experiments: [id] } })
  expect(experiment.gaps.at(-1)).toMatchObject({
    kind: 'gateways-swapped',
    until: expect.any(String),
    what: expect.stringContaining('1 new gateway tasks take over: 1 are enough for what 2 have had to do.'),
  })
  expect((await readFleet(plane.table)).eased).toBeNull()
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})
