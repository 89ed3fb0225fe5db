import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { expect } from 'vitest'
import { LONGEST_CALL_MS } from '../../functions/clients.ts'
import { paused, resumed } from '../../functions/experiments/phases.ts'
import { latestOf } from '../../functions/experiments/plan-sessions.ts'
import { settingsFor } from '../../functions/experiments/settings.ts'
import type { ControlPlane } from '../../functions/reconcile/control-plane.ts'
import { reconcile } from '../../functions/reconcile/reconcile.ts'
import { listAudit } from '../../functions/store/audit.ts'
import { updateRecord } from '../../functions/store/experiments.ts'
import type { Switches } from '../../local/aws/switches.ts'
import { mirroredVnis } from './account-gateways.ts'
import { eni, instance } from './aws-world.ts'
import {
  type Account,
  begin,
  ledger,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  read,
  rulesWithoutLease,
  stop,
  TICK_SECONDS,
} from './experiment-account.ts'
import { experimentSpec as spec } from './experiment-spec.ts'
import { Interrupt, Killed } from './interrupt.ts'
import { IS_PROOF } from './scale.ts'

const RUN_MS = 10_000

/**
 * Another control plane of the account: time goes on while it waits, it knows how far Describe may lag, and gives an experiment
 * as long to get ready as one with a tick a minute does.
 */
const reopen = (account: Account, { describeLagSeconds = 0 }: Partial<Switches>): ControlPlane => {
  const settings = settingsFor(TICK_SECONDS)
  return {
    ...account.reopen(),
    settings: {
      ...settings,
      prepareMs: settingsFor(60).prepareMs,
      describeLagMs: Math.max(settings.describeLagMs, 2000 * describeLagSeconds),
    },
    sleep: (milliseconds) => account.clock.advance(milliseconds),
  }
}

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
  // Both are mirrored in the second stage of the ramp only.
  const mirrors = mirroredVnis(account.cloud).length === 2
  if (second?.generation === 0 && second.state === 'active' && state === 'running' && mirrors)
    await ec2.send(new StopInstancesCommand({ InstanceIds }))
  if (second?.state === 'deleted' && state === 'stopped')
    await ec2.send(new StartInstancesCommand({ InstanceIds }))
  if (second?.generation !== 1 || second.parked || second.state !== 'active') return
  const record = await read(account.plane, id)
  const change = { by: 'ada', reason: null, now: new Date(account.clock.now()) }
  const { items } = await listAudit(account.plane.table, id, { maxResults: 1000 })
  const trail = items.map(({ what }) => what)
  if (!trail.includes('paused')) {
    // The trail is written behind the record.
    const isPaused = record.experiment.pausedSince !== null
    if (mirrors && !isPaused) await updateRecord(account.plane.table, paused(record, change))
  } else if (!trail.includes('resumed')) {
    const silent = mirroredVnis(account.cloud).length === 0
    if (silent && record.experiment.pausedSince !== null)
      await updateRecord(account.plane.table, resumed(record, change))
  } else if (mirrors) await stop(account, id)
}

const STAGES = [{ sources: 50, requests: 50, seconds: 30 }, { sources: 100 }]
/** What a life needs and little more: whatever runs on for hours passes it. */
export const BUDGET_USD = 0.1
export const lifeSpec = spec({
  window: { durationSeconds: 600 },
  ramp: { stages: STAGES, promote: 'time' },
  budgetUsd: BUDGET_USD,
})

/**
 * A life of two ENIs, ramped up in two stages: started, the second joined in the second stage, one of them left when its instance stopped and joined again with another session, paused,
 * resumed, stopped by hand, ended. The control plane dies at one point of it and another one takes over when the dead one’s lease as the
 * writer has run out.
 */
export const live = async (
  account: Account,
  interrupt: Interrupt,
  switches: Partial<Switches> = {},
): Promise<Life> => {
  const id = await begin(account, lifeSpec)
  let plane = reopen(account, switches)
  interrupt.attach(plane.clients)
  for (let n = 0; n < LOOKS_MAX; n++) {
    const { phase } = (await read(account.plane, id)).experiment
    if (phase === 'ended') break
    if (phase === 'mirroring') await happen(account, id)
    const alive = await look(account, plane, id)
    await account.gateways.read(account)
    await account.clock.advance(5000)
    await account.gateways.report(account)
    if (alive) continue
    plane = reopen(account, switches)
    interrupt.succeed(plane.clients)
    await account.clock.advance(LONGEST_CALL_MS)
    await account.gateways.report(account)
  }
  return { id, calls: interrupt.calls }
}

/** Long enough for a world that shows everything a minute late. */
const LOOKS_MAX = 150

/** The same end whatever happened: nothing left, everything accounted for once. */
const expectConverged = async (account: Account, id: string): Promise<void> => {
  const { experiment, life } = await read(account.plane, id)
  const rows = await ledger(account.plane, id)
  expect(experiment).toMatchObject({ phase: 'ended', outcome: 'stopped', sources: 0, gateways: 0 })
  expect(life.stage.index).toBe(STAGES.length - 1)
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
  expect(rows.map((row) => [row.eni, row.generation, row.state])).toEqual([
    [eni(1), 0, 'deleted'],
    [eni(2), 0, 'deleted'],
    [eni(2), 1, 'deleted'],
  ])
  expect(experiment.volume.bytes).toBe(account.gateways.counted(id))
  expect(experiment.spend.lines['mirror-sessions']).toBeCloseTo(3 * 0.015, 12)
}

/** Every kind of call that changes something, as a life comes to them. */
const KINDS = [
  'UpdateItem',
  'PutItem',
  'PutEvents',
  'DeleteItem',
  'CreateSchedule',
  'UpdateService',
  'CreateTrafficMirrorFilter',
  'CreateTrafficMirrorFilterRule',
  'CreateTrafficMirrorSession',
  'ModifyTrafficMirrorFilterRule',
  'UpdateSchedule',
  'ModifyTrafficMirrorSession',
  'DeleteTrafficMirrorSession',
  'DeleteSchedule',
  'DeleteTrafficMirrorFilter',
].map((call) => `${call}Command`)

/** Kills one control plane after the other in one life, each at the first call of another kind. */
export const crashAtEachKind = async (
  when: 'before' | 'lost',
  switches: Partial<Switches>,
): Promise<void> => {
  const account = await openAccount({ instanceTransitionSeconds: 2, ...switches })
  const { id, calls } = await live(account, new Interrupt('each-kind', when), switches)
  await expectConverged(account, id).catch((cause: unknown) => {
    throw new Error(`killed ${when} each kind of call: ${account.lines.slice(-60).join('\n')}`, { cause })
  })
  expect([...new Set(calls)].sort()).toEqual([...KINDS].sort())
}

/** Kills it at every `stride`th call from `first` on. */
export const crashAtEvery = async (
  when: 'before' | 'lost',
  switches: Partial<Switches>,
  first: number,
  stride: number,
): Promise<void> => {
  const account = await openAccount({ instanceTransitionSeconds: 2, ...switches })
  const whole = await live(account, new Interrupt(Number.POSITIVE_INFINITY, when), switches)
  await expectConverged(account, whole.id)

  for (let at = first; at < whole.calls.length; at += stride) {
    const { id } = await live(account, new Interrupt(at, when), switches)
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
  if (IS_PROOF)
    console.log(
      `killed ${when} ${JSON.stringify(switches)}: every ${stride} from ${first} of ${whole.calls.length} calls`,
    )
}

/**
 * The same life with nobody to take over: until its control plane dies, or to its end. Of two appliers the second has a
 * clock that is so far ahead that it never waits for the first one’s right to write; both die at once.
 */
export const abandon = async (
  account: Account,
  interrupt: Interrupt,
  switches: Partial<Switches>,
  appliers: 1 | 2 = 1,
): Promise<string> => {
  const id = await begin(account, lifeSpec)
  const first = reopen(account, switches)
  const second = reopen(account, switches)
  const planes = [first, { ...second, now: () => second.now() + LONGEST_CALL_MS }].slice(0, appliers)
  for (const { clients } of planes) interrupt.attach(clients)
  for (let n = 0; n < LOOKS_MAX; n++) {
    const { phase } = (await read(account.plane, id)).experiment
    if (phase === 'ended') break
    if (phase === 'mirroring') await happen(account, id)
    const alive = await Promise.all(planes.map((plane) => look(account, plane, id)))
    await account.gateways.read(account)
    if (alive.includes(false)) break
    await account.clock.advance(5000)
    await account.gateways.report(account)
  }
  return id
}
