import { expect, test } from 'vitest'
import { describeSessions } from '../../../functions/mirror/session.ts'
import { type Switches, switchValues } from '../../../local/aws/switches.ts'
import { mirroredVnis } from '../../support/account-gateways.ts'
import { openApiOver } from '../../support/api.ts'
import { Bill } from '../../support/bill.ts'
import { abandon, BUDGET_USD, lifeSpec, live } from '../../support/crash.ts'
import {
  type Account,
  ledger,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { Interrupt } from '../../support/interrupt.ts'
import { IS_PROOF } from '../../support/scale.ts'

/** Of a proof: each value of the switches from another point on. */
const SWITCHES_STRIDE = 47
/** What two appliers do takes longer. */
const FEW_STRIDE = 23
const TIMEOUT = IS_PROOF ? 7_200_000 : 300_000
/** From the last renewal: the lease, and as late as a schedule may be. */
const LEASE_SECONDS = 15 + 60
/** The window, and what comes behind it: kill schedules, the gateways’ way to zero. */
const OVER_SECONDS = 600 + 180
/** Nobody comes for so long: whatever still ran would cost further hours. */
const ALONE_SECONDS = 2 * 3600
const SESSION_USD = 0.015

/** What a plan says could be spent past the budget. */
const statedOvershoot = async ({ plane }: Account): Promise<number> =>
  (await openApiOver(plane).send({ method: 'POST', path: '/plans', body: lifeSpec })).body.overshootUsd

/** By the endpoints’ own log, as AWS would bill it; gateways that ran since `taskSeconds` were all its. */
const spentBy = ({ gateways, clock }: Account, bill: Bill, id: string, taskSeconds: number): number => {
  const bytes = gateways.counted(id)
  const wire = { bytes, packets: Math.ceil(bytes / 1000), crossing: 1 }
  return Object.values(bill.usd(id, wire, taskSeconds, clock.now())).reduce((sum, usd) => sum + usd, 0)
}

/** Calls that change something, by their places in a life: some, or every so many of all that a whole one makes. */
type Places = readonly number[] | { from: number; stride: number }

const placesOf = async (
  account: Account,
  places: Places,
  switches: Partial<Switches>,
): Promise<readonly number[]> => {
  if (!('stride' in places)) return places
  const { calls } = await live(account, new Interrupt(Number.POSITIVE_INFINITY, 'lost'), switches)
  return calls.flatMap((_, at) => (at % places.stride === places.from ? [at] : []))
}

/** What an experiment leaves when its control plane dies at one point for good, and what recovers it. */
const abandonAt = async (switches: Partial<Switches>, places: Places, appliers: 1 | 2 = 1): Promise<void> => {
  const account = await openAccount({ instanceTransitionSeconds: 2, ...switches })
  const bill = new Bill()
  const overshootUsd = await statedOvershoot(account)

  for (const at of await placesOf(account, places, switches)) {
    await bill.read(account.cloud.address)
    const ranBefore = bill.taskSeconds()
    const interrupt = new Interrupt(at, 'lost')
    const id = await abandon(account, interrupt, switches, appliers)
    const point = `dead for good at call ${at} (${interrupt.calls[at]})`
    // Of all places some come to nothing: a life that is shorter than the other, a call that AWS refuses.
    if (!('stride' in places)) expect(interrupt.killed, point).toBe(true)
    await account.clock.advance(LEASE_SECONDS * 1000)
    expect(mirroredVnis(account.cloud), point).toEqual([])
    await account.clock.advance(OVER_SECONDS * 1000)
    const rows = await ledger(account.plane, id)
    const recorded = rows.flatMap(({ state, session }) => (state === 'intended' ? [] : [session]))
    const left = leftovers(account)
    expect(left.gateways, point).toBe(0)
    expect(
      left.sessions.filter((session) => recorded.includes(session)),
      point,
    ).toEqual([])
    await account.clock.advance(ALONE_SECONDS * 1000)
    await bill.read(account.cloud.address)
    const unrecorded = bill.sessions(id).filter((session) => !recorded.includes(session.id))
    const now = account.clock.now()
    const unrecordedHours = unrecorded.reduce(
      (sum, { from, to }) => sum + Math.ceil((Math.min(to, now) - from) / 3_600_000),
      0,
    )
    // Of one whose answer was lost nobody knows: it is owed until the sweeper or `panic` comes.
    expect(unrecorded.length, point).toBeLessThanOrEqual(appliers)
    expect(spentBy(account, bill, id, bill.taskSeconds(now) - ranBefore), point).toBeLessThanOrEqual(
      BUDGET_USD + overshootUsd + unrecordedHours * SESSION_USD,
    )

    for (let n = 0; n < 30 && (await read(account.plane, id)).experiment.phase !== 'ended'; n++)
      await pass(account)
    for (let n = 0; n < 30 && (await describeSessions(account.plane.clients.ec2)).length > 0; n++)
      await pass(account)
    expect(leftovers(account), point).toEqual(NOTHING_LEFT)
    account.lines.length = 0
  }
}

test(
  'with its control plane dead for good, packets stop at the lease, gateways and recorded sessions by their schedules',
  {
    timeout: TIMEOUT,
  },
  () => abandonAt({}, IS_PROOF ? { from: 0, stride: 1 } : [9, 140, 271]),
)

const EVERY = Object.entries(switchValues)
  .flatMap(([name, [, ...others]]) => others.map((value): Partial<Switches> => ({ [name]: value })))
  .map((switches, place): [Partial<Switches>, number] => [switches, place % SWITCHES_STRIDE])
/** A quick run takes those that change when schedules fire, and what they find. */
const chosen = ([switches]: [Partial<Switches>, number]): boolean =>
  IS_PROOF || switches.deliveryDelaySeconds !== undefined

test.each(EVERY.filter(chosen))('dead for good, under %j', { timeout: TIMEOUT }, (switches, first) =>
  abandonAt(switches, IS_PROOF ? { from: first, stride: SWITCHES_STRIDE } : [80, 230]),
)

/** Each takes over from the other in the middle of what it does, and sees what both made a minute late. */
test('two appliers at once, with Describe a minute behind, both dead for good', { timeout: TIMEOUT }, () =>
  abandonAt({ describeLagSeconds: 60 }, IS_PROOF ? { from: 0, stride: FEW_STRIDE } : [61, 300], 2),
)
