import { expect, test } from 'vitest'
import { tick } from '../../../functions/reconcile/tick.ts'
import type { CallRecord } from '../../../local/aws/call-log.ts'
import type { WorldDeclaration } from '../../../local/aws/world.ts'
import { mirroredVnis } from '../../support/account-gateways.ts'
import { type Account, begin, ledger, openAccount, pass, read } from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'

/** Addresses of the loopback network that no other process of these tests takes: one for each zone in turn. */
const ADDRESSES = [1, 2].map((n) => `127.78.${process.pid % 250}.${n}`)

/** Packets do not cross zones, and every task has an address of its own. */
const apart = (declared: WorldDeclaration): WorldDeclaration => ({
  ...declared,
  loadBalancers: declared.loadBalancers.map((balancer) => ({ ...balancer, crossZone: false })),
  services: declared.services.map((service) => ({
    ...service,
    addresses: { kind: 'each', ips: ADDRESSES },
    healthCheckGracePeriodSeconds: 3600,
  })),
})

/** EC2 calls that made something, in order. */
const made = async ({ cloud }: Account): Promise<string[]> => {
  const response = await fetch(`${cloud.address}/-/calls?service=ec2`)
  const { calls } = (await response.json()) as { calls: CallRecord[] }
  return calls.flatMap(({ action, created }) => (created.length > 0 ? [action] : []))
}

/** Ticks of a control plane whose gateways neither read their configuration nor report. */
const passUnheard = async (account: Account, times: number): Promise<void> => {
  for (let n = 0; n < times; n++) {
    await tick(account.plane, account.clock.now() + 60_000)
    await account.clock.advance(5000)
  }
}

test('no session is created before every gateway has acknowledged it, and its VNIs with it', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec())

  await passUnheard(account, 6)
  const unheard = { made: await made(account), ...(await read(account.plane, id)).experiment }
  const [told] = (await account.plane.published.read()).experiments
  for (let n = 0; n < 4; n++) await pass(account)

  expect(unheard).toMatchObject({
    made: [],
    phase: 'preparing',
    gateways: 1,
    reason: 'Not every gateway task has taken over the configuration yet.',
  })
  const vnis = (await ledger(account.plane, id)).map(({ vni }) => vni)
  expect(told?.sources.map(({ vni }) => vni).sort()).toEqual(vnis.sort())
  expect((await made(account)).slice(0, 4)).toEqual([
    'CreateTrafficMirrorFilter',
    'CreateTrafficMirrorFilterRule',
    'CreateTrafficMirrorSession',
    'CreateTrafficMirrorSession',
  ])
  expect(mirroredVnis(account.cloud)).toHaveLength(2)
})

test('no session is created before each zone of the sources has a gateway that is healthy, where packets stay in theirs', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount({}, apart)
  const [, elsewhere = ''] = ADDRESSES
  account.gateways.sick.add(elsewhere)
  const id = await begin(account, spec())

  for (let n = 0; n < 6; n++) await pass(account)
  const oneZone = { made: await made(account), ...(await read(account.plane, id)).experiment }
  account.gateways.sick.clear()
  for (let n = 0; n < 8; n++) await pass(account)

  expect(oneZone).toMatchObject({ made: [], phase: 'preparing', gateways: 1 })
  expect(oneZone.reason).toMatch(/^1 of 2 gateway tasks are healthy\.$/)
  expect(await made(account)).toContain('CreateTrafficMirrorSession')
  expect(mirroredVnis(account.cloud)).toHaveLength(2)
})
