import { expect, test } from 'vitest'
import { describeSessions } from '../../../functions/mirror/session.ts'
import { type Switches, switchValues } from '../../../local/aws/switches.ts'
import { abandon, live } from '../../support/crash.ts'
import {
  ledger,
  leftovers,
  mirroredVnis,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { Interrupt } from '../../support/interrupt.ts'
import { IS_PROOF } from '../../support/scale.ts'

const STRIDE = IS_PROOF ? 1 : 43
const TIMEOUT = IS_PROOF ? 7_200_000 : 120_000
/** From the last renewal: the lease, and as late as a schedule may be. */
const LEASE_SECONDS = 15 + 60
/** The window, and what comes behind it: kill schedules, the gateways’ way to zero. */
const OVER_SECONDS = 600 + 180

/** What an experiment leaves when its control plane dies at one point for good, and what recovers it. */
const abandonAtEvery = async (switches: Partial<Switches>, first: number): Promise<void> => {
  const account = await openAccount({ instanceTransitionSeconds: 2, ...switches })
  const whole = await live(account, new Interrupt(Number.POSITIVE_INFINITY, 'lost'), switches)

  for (let at = first; at < whole.calls.length; at += STRIDE) {
    const point = `dead for good at call ${at} (${whole.calls[at]})`
    const id = await abandon(account, new Interrupt(at, 'lost'), switches)
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
  () => abandonAtEvery({}, IS_PROOF ? 0 : 9),
)

const EVERY = Object.entries(switchValues).flatMap(([name, [, ...others]], place) =>
  others.map((value): [Partial<Switches>, number] => [{ [name]: value }, IS_PROOF ? 0 : 5 * place]),
)
/** A quick run takes those that change when schedules fire, and what they find. */
const chosen = ([switches]: [Partial<Switches>, number]): boolean =>
  IS_PROOF || switches.deliveryDelaySeconds !== undefined

test.each(EVERY.filter(chosen))('dead for good, under %o', { timeout: TIMEOUT }, (switches, first) =>
  abandonAtEvery(switches, first),
)
