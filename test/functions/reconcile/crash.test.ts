import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { LONGEST_CALL_MS } from '../../../functions/clients.ts'
import { paused, resumed } from '../../../functions/experiments/phases.ts'
import { latestOf } from '../../../functions/experiments/plan-sessions.ts'
import type { ControlPlane } from '../../../functions/reconcile/control-plane.ts'
import { reconcile } from '../../../functions/reconcile/reconcile.ts'
import { listAudit } from '../../../functions/store/audit.ts'
import { updateRecord } from '../../../functions/store/experiments.ts'
import type { Switches } from '../../../local/aws/switches.ts'
import { eni, instance } from '../../support/aws-world.ts'
import {
  type Account,
  begin,
  ledger,
  leftovers,
  mirroredVnis,
  NOTHING_LEFT,
  openAccount,
  read,
  rulesWithoutLease,
  stop,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'
import { Interrupt, Killed } from '../../support/interrupt.ts'
import { IS_PROOF } from '../../support/scale.ts'

/** All points take minutes: `npm run proof` takes all, a quick run every so many of them. */
const STRIDE = IS_PROOF ? 1 : 61
const SWITCHES_STRIDE = IS_PROOF ? 1 : 199
const RUN_MS = 10_000

/** One look of a control plane that may die in it. */
const look = async (account: Account, plane: ControlPlane, id: string): Promise<boolean> => {
  try {
    await reconcile(plane, id, account.clock.now() + RUN_MS)
    return true
  } catch (error) {
    if (error instanceof Killed) return false
    throw error
  } finally {
    expect(rulesWithoutLease(account)).toEqual([])
  }
}

type Life = { id: string; calls: string[] }

/** What happens around the experiment once it mirrors, each when what came before has had its effect. */
const happen = async (account: Account, id: string): Promise<void> => {
  const { ec2 } = account.plane.clients
  const second = latestOf(await ledger(account.plane, id), eni(2))
  const state = account.cloud.state.instances.get(instance(2))?.state
  const InstanceIds = [instance(2)]
  if (second?.generation === 0 && second.state === 'active' && state === 'running')
    await ec2.send(new StopInstancesCommand({ InstanceIds }))
  if (second?.state === 'deleted' && state === 'stopped')
    await ec2.send(new StartInstancesCommand({ InstanceIds }))
  if (second?.generation !== 1 || second.parked || second.state !== 'active') return
  const record = await read(account.plane, id)
  const change = { by: 'ada', reason: null, now: new Date(account.clock.now()) }
  const { items } = await listAudit(account.plane.table, id, { maxResults: 50 })
  const trail = items.map(({ what }) => what)
  const mirrors = mirroredVnis(account.cloud).length === 2
  if (!trail.includes('paused')) {
    if (mirrors) await updateRecord(account.plane.table, paused(record, change))
  } else if (!trail.includes('resumed')) {
    const silent = account.cloud.state.mirrorRules.list().length === 0
    if (silent && record.experiment.pausedSince !== null)
      await updateRecord(account.plane.table, resumed(record, change))
  } else if (mirrors) await stop(account, id)
}

/**
 * A life of two ENIs: started, one of them left when its instance stopped and joined again with another session, paused,
 * resumed, stopped by hand, ended. The control plane dies at one point of it and another one takes over when the dead one’s lease as the
 * writer has run out.
 */
const live = async (account: Account, interrupt: Interrupt): Promise<Life> => {
  const id = await begin(account, spec({ window: { durationSeconds: 600 } }))
  let plane = account.reopen()
  interrupt.attach(plane.clients)
  for (let n = 0; n < 60; n++) {
    const { phase } = (await read(account.plane, id)).experiment
    if (phase === 'ended') break
    if (phase === 'mirroring') await happen(account, id)
    const alive = await look(account, plane, id)
    await account.gateways.work(account)
    await account.clock.advance(5000)
    await account.gateways.work(account)
    if (alive) continue
    plane = account.reopen()
    await account.clock.advance(LONGEST_CALL_MS)
    await account.gateways.work(account)
  }
  return { id, calls: interrupt.calls }
}

/** The same end whatever happened: nothing left, everything accounted for once. */
const expectConverged = async (account: Account, id: string): Promise<void> => {
  const { experiment } = await read(account.plane, id)
  const rows = await ledger(account.plane, id)
  expect(experiment).toMatchObject({ phase: 'ended', outcome: 'stopped', sources: 0, gateways: 0 })
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
  expect(rows.map((row) => [row.eni, row.generation, row.state])).toEqual([
    [eni(1), 0, 'deleted'],
    [eni(2), 0, 'deleted'],
    [eni(2), 1, 'deleted'],
  ])
  expect(experiment.volume.bytes).toBe(account.gateways.counted(id))
  expect(experiment.spend.lines['mirror-sessions']).toBeCloseTo(3 * 0.015, 12)
}

const crashAtEvery = async (
  when: 'before' | 'lost',
  switches: Partial<Switches>,
  first: number,
  stride: number,
): Promise<void> => {
  const account = await openAccount({ instanceTransitionSeconds: 2, ...switches })
  const whole = await live(account, new Interrupt(Number.POSITIVE_INFINITY, when))
  await expectConverged(account, whole.id)

  for (let at = IS_PROOF ? 0 : first; at < whole.calls.length; at += stride) {
    const { id } = await live(account, new Interrupt(at, when))
    await expectConverged(account, id).catch((error: unknown) => {
      throw new Error(
        `killed at call ${at} (${whole.calls[at]}, ${when}): ${account.lines.slice(-60).join('\n')}`,
        {
          cause: error,
        },
      )
    })
    account.lines.length = 0
  }
  if (IS_PROOF) console.log(`killed ${when} ${JSON.stringify(switches)}: all of ${whole.calls.length} calls`)
}

const TIMEOUT = IS_PROOF ? 1_800_000 : 120_000

test('killed before a call, it ends the same', { timeout: TIMEOUT }, () =>
  crashAtEvery('before', {}, 3, STRIDE),
)
test('killed with the answer lost, it ends the same', { timeout: TIMEOUT }, () =>
  crashAtEvery('lost', {}, 11, STRIDE),
)

/** Under what no source settles about AWS it must hold as well: fewer points each, and other ones. */
test.each<[Partial<Switches>, number]>([
  [{ notFoundSpelling: 'documented', tokenAfterDelete: 'recreate' }, 5],
  [{ tokenAfterDelete: 'mismatch', deliverTwice: true }, 15],
  [{ describeLagSeconds: 20 }, 25],
  [{ referenceLagSeconds: 3, describeLagSeconds: 3 }, 35],
])('killed with the answer lost, under %o', { timeout: TIMEOUT }, (switches, first) =>
  crashAtEvery('lost', switches, first, SWITCHES_STRIDE),
)
