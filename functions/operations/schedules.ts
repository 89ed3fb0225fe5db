import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import type { WindowSchedule, WindowScheduleSpec } from '../../contract/window-schedule.ts'
import { ProblemError, wrongField } from '../errors.ts'
import { ulid } from '../experiments/ulid.ts'
import { BadCron, checkWindows, windowsAfter } from '../experiments/windows.ts'
import { claimKey } from '../store/idempotency.ts'
import type { Table } from '../store/table.ts'
import {
  createScheduleRecord,
  deleteScheduleRecord,
  listScheduleRecords,
  readScheduleRecord,
  type ScheduleRecord,
} from '../store/window-schedules.ts'
import { fingerprintOf, refuseOther } from './claims.ts'
import type { Context } from './context.ts'
import { refuseUnstartable } from './planning.ts'

const SHOWN = 10

const nextOf = (spec: WindowScheduleSpec, now: Date): string[] =>
  windowsAfter(spec, now, SHOWN).map((at) => at.toISOString())

const shown = ({ id, spec, createdAt, createdBy, past }: ScheduleRecord, now: Date): WindowSchedule => ({
  id,
  spec,
  createdAt,
  createdBy,
  next: nextOf(spec, now),
  past,
})

const refuseBad = (spec: WindowScheduleSpec, now: Date): void => {
  try {
    checkWindows(spec, now)
  } catch (error) {
    if (error instanceof BadCron) throw wrongField('body.cron', error.message, { cause: error })
    throw error
  }
}

const requireSchedule = async (table: Table, id: string): Promise<ScheduleRecord> => {
  const record = await readScheduleRecord(table, id)
  if (record) return record
  throw new ProblemError('not-found', `There is no schedule ${id}.`)
}

export const previewSchedule: Handler<Catalogue['previewSchedule'], Context> = async (
  { body: spec },
  { now },
) => {
  refuseBad(spec, now())
  return { next: nextOf(spec, now()) }
}

/** Refused as its first window would be. Whether sources fit is asked again at each window: a fleet is another by then. */
export const createSchedule: Handler<Catalogue['createSchedule'], Context> = async (
  { body: spec },
  context,
) => {
  const { table, caller, now, random, idempotencyKey } = context
  const at = now()
  refuseBad(spec, at)
  const { experiment } = spec
  const [startAt = at.toISOString()] = nextOf(spec, at)
  await refuseUnstartable({ ...experiment, window: { ...experiment.window, startAt } }, context)
  const fresh = `sch_${ulid(at.getTime(), random(10))}`
  const fingerprint = fingerprintOf(spec)
  const claim =
    idempotencyKey === null
      ? { experiment: fresh }
      : refuseOther(
          await claimKey(table, `createSchedule#${caller}#${idempotencyKey}`, {
            experiment: fresh,
            fingerprint,
            at: at.toISOString(),
          }),
          fingerprint,
        )
  const createdAt = at.toISOString()
  await createScheduleRecord(table, {
    id: claim.experiment,
    version: 0,
    spec,
    createdAt,
    createdBy: caller,
    decidedUntil: createdAt,
    past: [],
  })
  return shown(await requireSchedule(table, claim.experiment), at)
}

export const listSchedules: Handler<Catalogue['listSchedules'], Context> = async (
  { query },
  { table, now },
) => {
  const { items, nextToken } = await listScheduleRecords(table, query)
  return { schedules: items.map((one) => shown(one, now())), nextToken }
}

export const getSchedule: Handler<Catalogue['getSchedule'], Context> = async ({ params }, { table, now }) =>
  shown(await requireSchedule(table, params.id), now())

export const deleteSchedule: Handler<Catalogue['deleteSchedule'], Context> = async (
  { params },
  { table, now },
) => {
  const record = await requireSchedule(table, params.id)
  await deleteScheduleRecord(table, params.id)
  return shown(record, now())
}
