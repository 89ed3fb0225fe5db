import { createHash } from 'node:crypto'
import type { ExperimentSpec } from '../../contract/experiment.ts'
import type { PastWindow } from '../../contract/window-schedule.ts'
import { approvalsFor } from '../experiments/approval.ts'
import { capacityOf } from '../experiments/fleet.ts'
import { type Peak, UNKNOWN_PEAK } from '../experiments/gateway-size.ts'
import { newRecord } from '../experiments/phases.ts'
import { preNoticeMs } from '../experiments/pre-notice.ts'
import { overCapacity } from '../experiments/readiness.ts'
import { redactionKey } from '../experiments/redaction-key.ts'
import { experimentId } from '../experiments/ulid.ts'
import { dueWindows } from '../experiments/windows.ts'
import { createRecord, readRecord } from '../store/experiments.ts'
import { readFleet } from '../store/fleet.ts'
import {
  allScheduleRecords,
  flushSchedule,
  type ScheduleRecord,
  updateScheduleRecord,
} from '../store/window-schedules.ts'
import type { ControlPlane } from './control-plane.ts'
import { errorText } from './failure.ts'
import { loadOfOthers, loadOfSources } from './source-load.ts'

/** Experiments are made so long before their window: then their own start schedule opens it on the second. */
const AHEAD_MS = 10 * 60_000
const PAST_SHOWN = 10

/** Makes the experiments of windows that begin soon, and says which were missed. One schedule does not keep the others. */
export const openWindows = async (plane: ControlPlane): Promise<void> => {
  for (const schedule of await allScheduleRecords(plane.table))
    await (schedule.deleted || schedule.outbox.length > 0
      ? flushSchedule(plane.table, schedule)
      : openDue(plane, schedule)
    ).catch((error: unknown) =>
      plane.log('error', 'a schedule failed', { schedule: schedule.id, error: errorText(error) }),
    )
}

/**
 * The experiment’s id follows from the schedule and the window: whoever repeats this after a crash makes none twice.
 */
const openDue = async (plane: ControlPlane, schedule: ScheduleRecord): Promise<void> => {
  const now = new Date(plane.now())
  const { settings } = plane
  const due = dueWindows(schedule.spec, new Date(schedule.decidedUntil), {
    now,
    aheadMs: AHEAD_MS + preNoticeMs(schedule.spec.experiment, settings),
    lateMs: settings.lateMs,
  })
  const last = due.at(-1)
  if (!last) return
  const decided: PastWindow[] = []
  const skip = (at: Date, skipped: string) =>
    decided.unshift({ at: at.toISOString(), experiment: null, skipped })
  for (const { at, missed } of due) {
    const startAt = at.toISOString()
    if (missed) {
      plane.log('warn', 'a window was missed', { schedule: schedule.id, at: startAt })
      skip(at, 'The control plane was not there when it began.')
      continue
    }
    const { experiment } = schedule.spec
    const hash = createHash('sha256').update(`${schedule.id} ${startAt}`).digest()
    const id = experimentId(at.getTime(), hash)
    const spec = { ...experiment, window: { ...experiment.window, startAt } }
    const { peak, tooMuch } = (await readRecord(plane.table, id))
      ? MADE_ALREADY
      : await loadFor(spec, at, plane)
    if (tooMuch !== null) {
      plane.log('warn', 'a window does not fit', { schedule: schedule.id, at: startAt, why: tooMuch })
      skip(at, tooMuch)
      continue
    }
    await createRecord(
      plane.table,
      newRecord(spec, {
        id,
        by: schedule.createdBy,
        now,
        redactionKey: redactionKey(plane.randomBytes),
        peak,
        gatewaySize: plane.config.gatewaySize,
        preNoticeMs: settings.preNoticeMs,
        approvals: approvalsFor(spec, plane.config.fourEyes),
      }),
    )
    plane.log('info', 'a window opens', { schedule: schedule.id, experiment: id, at: startAt })
    decided.unshift({ at: startAt, experiment: id, skipped: null })
  }
  await updateScheduleRecord(plane.table, {
    ...schedule,
    decidedUntil: last.at.toISOString(),
    past: [...decided, ...schedule.past.filter(({ at }) => !decided.some((one) => one.at === at))].slice(
      0,
      PAST_SHOWN,
    ),
  })
}

type WindowLoad = Readonly<{ peak: Peak; tooMuch: string | null }>
const MADE_ALREADY: WindowLoad = { peak: UNKNOWN_PEAK, tooMuch: null }

/** As of an experiment that is asked for by hand. A window whose sources nobody can look at opens all the same: its start looks again. */
const loadFor = async (spec: ExperimentSpec, startAt: Date, plane: ControlPlane): Promise<WindowLoad> => {
  const endAt = new Date(startAt.getTime() + spec.window.durationSeconds * 1000)
  try {
    const [{ sources: sessions, ...peak }, others, fleet] = await Promise.all([
      loadOfSources(spec, plane),
      loadOfOthers(plane, { startAt, endAt }),
      readFleet(plane.table),
    ])
    const ground = { others, tasksMax: plane.config.gatewaysMax, taskCapacity: capacityOf(fleet) }
    return { peak, tooMuch: overCapacity(ground, { sessions, peak }) }
  } catch (error) {
    plane.log('warn', 'the sources of a window could not be measured', { error: errorText(error) })
    return { peak: UNKNOWN_PEAK, tooMuch: null }
  }
}
