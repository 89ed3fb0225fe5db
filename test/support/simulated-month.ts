import { StartInstancesCommand, StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import type { OwnerMonth } from '../../contract/budget.ts'
import { tick } from '../../functions/reconcile/tick.ts'
import type { WorldDeclaration } from '../../local/aws/world.ts'
import { type ApiUnderTest, openApiOver } from './api.ts'
import { subnetA, vpcId } from './aws-world.ts'
import { Bill } from './bill.ts'
import { dependencies } from './declared.ts'
import { type Account, openAccount, pass } from './experiment-account.ts'
import { phasesOf } from './experiment-phases.ts'
import { seeded } from './faults.ts'

/** How much happens in the month. Each fleet is of one team and is mirrored once. */
export type MonthSize = {
  fleets: number
  perFleet: number
  seconds: readonly [number, number]
  days: number
  monthUsd: readonly [number, number]
}

export const TEAMS = ['checkout', 'search'] as const
export const TICK_SECONDS = 60
const BEGIN = Date.parse('2026-12-01T00:00:00Z')
const DAY_MS = 86_400_000
const subnetFleet = 'subnet-0a00000000000000f'

const hex = (n: number): string => n.toString(16).padStart(17, '0')
const instanceOf = (fleet: number, n: number): string => `i-${hex(0xf0000 + fleet * 100 + n)}`

/** Instances of all fleets in the one zone, gateways in the other: all mirrored bytes cross. */
export const monthWorld =
  ({ fleets, perFleet }: MonthSize) =>
  (declared: WorldDeclaration): WorldDeclaration => {
    const all = Array.from({ length: fleets * perFleet }, (_, index) => ({
      fleet: Math.floor(index / perFleet),
      n: index % perFleet,
      index,
    }))
    return {
      ...declared,
      subnets: [
        ...declared.subnets,
        {
          id: subnetFleet,
          vpcId,
          cidr: '10.0.128.0/17',
          availabilityZone: 'us-east-1b',
          availabilityZoneId: 'use1-az2',
        },
      ],
      instances: [
        ...declared.instances,
        ...all.map(({ fleet, n }) => ({
          id: instanceOf(fleet, n),
          type: 'c6i.large',
          subnetId: subnetFleet,
          tags: { fleet: `fleet-${fleet}` },
        })),
      ],
      networkInterfaces: [
        ...declared.networkInterfaces,
        ...all.map(({ fleet, n, index }) => ({
          id: `eni-${hex(0xf0000 + fleet * 100 + n)}`,
          subnetId: subnetFleet,
          privateIp: `10.0.${128 + Math.floor(index / 250)}.${4 + (index % 250)}`,
          mac: `02:00:01:${hex(index).slice(-6).match(/../g)?.join(':')}`,
          attachment: { instanceId: instanceOf(fleet, n), deviceIndex: 0 },
        })),
      ],
      services: declared.services.map((service) => ({ ...service, subnetIds: [subnetA] })),
    }
  }

/** Real calls take real time: on a busy machine one may be late, and is made again, as Lambda and people do. */
const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const errors = error instanceof AggregateError ? error.errors : [error]
      if (attempt >= 5 || !errors.every((one) => one instanceof Error && one.name === 'TimeoutError'))
        throw error
    }
  }
}

type Plan = { at: number; fleet: number; owner: string; seconds: number; budgetUsd: number }

/** Starts spread over the days, one in ten twice as long as most; some budgets are too small for what is asked. */
const plans = ({ fleets, days, seconds: [least, most] }: MonthSize, random: () => number): Plan[] =>
  Array.from({ length: fleets }, (_, fleet) => ({
    at: BEGIN + random() * days * DAY_MS * 0.95,
    fleet,
    owner: TEAMS[fleet % TEAMS.length] ?? '',
    seconds: Math.round(random() < 0.1 ? 2 * most : least + random() * (most - least)),
    budgetUsd: Number((0.1 + random() * 0.5).toFixed(3)),
  })).sort((a, b) => a.at - b.at)

export type Month = {
  account: Account
  api: ApiUnderTest
  bill: Bill
  ids: string[]
  /** Starts that were refused. */
  refused: string[]
  /** Instances that came or went while they were mirrored. */
  churn: number
  /** Largest claim of each team over the month. */
  most: Map<string, number>
  ticks: number
}

/** Plays the month on a clock that only this moves, through the API, with instances coming and going. */
export const playMonth = async (size: MonthSize, seed: number): Promise<Month> => {
  const account = await openAccount({}, monthWorld(size), { tickSeconds: TICK_SECONDS, healthSeconds: 30 })
  const api = openApiOver(account.plane)
  const bill = new Bill()
  const random = seeded(seed)
  const month: Month = { account, api, bill, ids: [], refused: [], churn: 0, most: new Map(), ticks: 0 }
  await account.clock.advance(BEGIN - account.clock.now())
  for (const [index, owner] of TEAMS.entries())
    await api.send({ method: 'POST', path: '/budgets', body: { owner, monthUsd: size.monthUsd[index] } })

  const active = new Map<string, number>()
  for (const plan of plans(size, random)) {
    while (account.clock.now() < plan.at) {
      if (active.size > 0) await tickOnce(month, active, size, random)
      else await wait(month, plan.at)
    }
    const body = specOf(plan)
    const headers = { 'idempotency-key': `fleet-${plan.fleet}` }
    let answer = await api.send({ method: 'POST', path: '/experiments', body, headers })
    for (let again = 0; answer.status >= 500 && again < 5; again++)
      answer = await api.send({ method: 'POST', path: '/experiments', body, headers })
    const { status, body: made } = answer
    if (status === 201) {
      month.ids.push(made.id)
      active.set(made.id, plan.fleet)
    } else month.refused.push(made.detail)
  }
  while (active.size > 0) await tickOnce(month, active, size, random)
  for (let n = 0; n < 3; n++) await tickOnce(month, active, size, random)
  return month
}

/** Nothing is active: a tick a day is enough. */
const wait = async ({ account, bill }: Month, until: number): Promise<void> => {
  const seconds = Math.min(until - account.clock.now(), DAY_MS) / 1000
  await pass(account, account.plane, seconds)
  await bill.read(account.cloud.address)
}

const tickOnce = async (
  month: Month,
  active: Map<string, number>,
  size: MonthSize,
  random: () => number,
): Promise<void> => {
  const { account, api, bill } = month
  await patiently(() => stir(month, [...active.values()], size, random))
  await patiently(() => tick(account.plane, account.clock.now() + 60_000))
  await patiently(() => pass(account, null, TICK_SECONDS))
  month.ticks++
  await bill.read(account.cloud.address)
  const { body } = await api.send({ path: '/budgets' })
  for (const { owner, spentUsd, heldUsd, running } of body.owners as OwnerMonth[])
    month.most.set(
      owner,
      Math.max(month.most.get(owner) ?? 0, spentUsd, running > 0 ? spentUsd + heldUsd : 0),
    )
  const ended = await patiently(() => phasesOf(account.plane, [...active.keys()], 'ended'))
  for (const id of ended) active.delete(id)
}

/** An instance of a fleet that is mirrored stops, starts again or is terminated for good. */
const stir = async (
  month: Month,
  fleets: readonly number[],
  { perFleet }: MonthSize,
  random: () => number,
): Promise<void> => {
  const fleet = fleets[Math.floor(random() * fleets.length)]
  if (fleet === undefined || random() > 0.3) return
  const InstanceIds = [instanceOf(fleet, Math.floor(random() * perFleet))]
  const { ec2 } = month.account.plane.clients
  const state = month.account.cloud.state.instances.get(InstanceIds[0] ?? '')?.state
  if (state === 'stopped') await ec2.send(new StartInstancesCommand({ InstanceIds }))
  else if (state !== 'running') return
  else if (random() < 0.3) await ec2.send(new TerminateInstancesCommand({ InstanceIds }))
  else await ec2.send(new StopInstancesCommand({ InstanceIds }))
  month.churn++
}

const specOf = ({ fleet, owner, seconds, budgetUsd }: Plan) => ({
  name: `fleet ${fleet}`,
  owner,
  source: { by: 'tag', match: 'all', tags: { fleet: `fleet-${fleet}` } },
  traffic: { ports: [8080] },
  shadow: { url: 'http://127.0.0.1:9000' },
  dependencies,
  window: { durationSeconds: seconds },
  budgetUsd,
})
