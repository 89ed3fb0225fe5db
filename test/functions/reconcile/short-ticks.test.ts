import { expect, test } from 'vitest'
import { IDEMPOTENCY } from '../../../contract/table.ts'
import { tick } from '../../../functions/reconcile/tick.ts'
import { claimKey } from '../../../functions/store/idempotency.ts'
import { queryAll } from '../../../functions/store/table.ts'
import { eni } from '../../support/aws-world.ts'
import {
  begin,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
  stop,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'
import { Interrupt } from '../../support/interrupt.ts'

const SESSIONS = 8
const TICK_MS = 12_000

test('an end that takes more ticks than one goes on where the last tick stopped, and deletes nothing twice', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const { plane, clock } = account
  const id = await begin(
    account,
    spec({ source: { by: 'eni', ids: Array.from({ length: SESSIONS }, (_, n) => eni(n + 1)) } }),
  )
  for (let n = 0; n < 10 && (await read(plane, id)).experiment.phase !== 'mirroring'; n++) await pass(account)
  expect(leftovers(account).sessions).toHaveLength(SESSIONS)
  await stop(account, id)
  const calls = new Interrupt(Number.POSITIVE_INFINITY, 'before')
  calls.attach(plane.clients)
  /** As slow as a fleet at EC2's pace: a tick's time is over after a few sessions. */
  const left: number[] = []
  const slow = {
    ...plane,
    log: (...line: Parameters<typeof plane.log>) => {
      if (line[1].startsWith('delete-session')) void clock.advance(5_000)
      plane.log(...line)
    },
  }

  for (let ticks = 0; ticks < 20 && (await read(plane, id)).experiment.phase !== 'ended'; ticks++) {
    await tick(slow, clock.now() + TICK_MS)
    left.push(leftovers(account).sessions.length)
    await pass(account, null)
  }

  expect(left.slice(0, 3)).toEqual([5, 2, 0])
  expect(calls.calls.filter((name) => name === 'DeleteTrafficMirrorSessionCommand')).toHaveLength(SESSIONS)
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('what has served is looked for once a minute', async () => {
  const account = await openAccount()
  const { table, now } = account.plane
  const used = async () => (await queryAll(table, IDEMPOTENCY)).length
  await account.clock.advance(5_000)
  const at = new Date(now() - 8 * 86_400_000).toISOString()
  await claimKey(table, 'old', { experiment: 'x', fingerprint: '', at })

  const left: number[] = []
  for (let n = 0; n < 12; n++) {
    await pass(account)
    left.push(await used())
  }

  expect(left).toEqual([...Array.from({ length: 11 }, () => 1), 0])
})
