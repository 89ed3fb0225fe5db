import { plannedEnd } from '../experiments/plan.ts'
import { beginTime } from '../experiments/times.ts'
import { allBudgets, flushBudget } from '../store/budgets.ts'
import { forgetActive, listActive, readRecord } from '../store/experiments.ts'
import { readSessions } from '../store/ledger.ts'
import { forgetLeftovers } from '../store/leftovers.ts'
import type { ControlPlane } from './control-plane.ts'
import { eraseEvidence, expireEvidence } from './erase-evidence.ts'
import { errorText } from './failure.ts'
import { lookAfterFleet } from './fleet.ts'
import { keepEvidence } from './keep-evidence.ts'
import { tellPending } from './notify.ts'
import { refreshPrices } from './prices.ts'
import { type Reconciled, reconcile } from './reconcile.ts'
import { sweep } from './sweep.ts'
import { sweepRecords } from './sweep-records.ts'
import { openWindows } from './windows.ts'

const MINUTE_MS = 60_000
/** A create that is not there after so long never happened. */
const CREATE_MS = 15 * 60_000

/**
 * Looks after the gateways, then every active experiment, those that end first first, makes those of windows that begin
 * soon, then sweeps. The evidence of what has ended is stored in between. One that fails does not keep the others;
 * its error is thrown at the end, so that the call is tried again.
 */
export const tick = async (plane: ControlPlane, deadline: number): Promise<void> => {
  const errors: unknown[] = []
  const guard = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      plane.log('error', `${what} failed`, { error: errorText(error) })
      errors.push(error)
    }
  }
  await guard('prices', () => refreshPrices(plane))
  await guard('gateways', () => lookAfterFleet(plane))
  const ended: string[] = []
  for (const id of await inOrderOfEnd(plane))
    await guard(id, async () => {
      const { record } = await reconcile(plane, id, deadline)
      if (record?.experiment.phase === 'ended' && plane.now() < deadline) ended.push(id)
    })
  // Only once nothing is left to take down: S3 may be slow.
  for (const id of ended)
    await guard(`evidence of ${id}`, async () => {
      await keepEvidence(plane, id)
      await eraseEvidence(plane, id)
    })
  await guard('retention', () => expireEvidence(plane))
  await guard('windows', () => openWindows(plane))
  await guard('budgets', async () => {
    for (const budget of await allBudgets(plane.table)) await flushBudget(plane.table, budget)
  })
  await guard('notices', () => tellPending(plane))
  await guard('sweep', () => sweep(plane))
  await guard('records', () => sweepRecords(plane))
  // Once a minute is enough, however often ticks come.
  if (plane.now() % MINUTE_MS < plane.settings.tickMs)
    await guard('leftovers', () => forgetLeftovers(plane.table, plane.now()))
  if (errors.length > 0) throw new AggregateError(errors, 'the tick failed in part')
}

const inOrderOfEnd = async ({ table, now }: ControlPlane): Promise<string[]> => {
  const found: { id: string; endAt: string }[] = []
  for (const { id, createdAt } of await listActive(table)) {
    const record = await readRecord(table, id)
    if (record) found.push({ id, endAt: record.experiment.endAt })
    else if (now() - Date.parse(createdAt) >= CREATE_MS) await forgetActive(table, id)
  }
  return found.sort((a, b) => (a.endAt < b.endAt ? -1 : 1)).map(({ id }) => id)
}

/** Waits for the writer who is at it; gives up at the deadline. */
const BUSY_MS = 500

export const reconcilePatiently = async (
  plane: ControlPlane,
  id: string,
  deadline: number,
): Promise<Reconciled> => {
  for (;;) {
    const done = await reconcile(plane, id, deadline)
    if (!done.busy || plane.now() + BUSY_MS >= deadline) return done
    await plane.sleep(BUSY_MS)
  }
}

/** Looks after an experiment unless somebody began to since that time (milliseconds since 1970). */
export const reconcileSince = async (
  plane: ControlPlane,
  id: string,
  since: number,
  deadline: number,
): Promise<void> => {
  while ((await reconcile(plane, id, deadline, since)).busy && plane.now() + BUSY_MS < deadline)
    await plane.sleep(BUSY_MS)
}

/**
 * A schedule for a start or an end calls early, because it may be late: this waits for the exact time, then reconciles.
 * A call for a time that was moved, or is done with, finds nothing to do.
 */
export const onTime = async (
  plane: ControlPlane,
  kind: 'start' | 'end',
  id: string,
  deadline: number,
): Promise<void> => {
  const record = await readRecord(plane.table, id)
  if (!record || record.experiment.phase === 'ended') return
  const due =
    kind === 'start'
      ? Date.parse(beginTime(record, plane.settings))
      : plannedEnd({ record, sessions: await readSessions(plane.table, id) }).getTime()
  const wait = due - plane.now()
  if (wait > 2 * plane.settings.precisionMs) return
  if (wait > 0) await plane.sleep(Math.min(wait, Math.max(0, deadline - plane.now())))
  await reconcilePatiently(plane, id, deadline)
}
