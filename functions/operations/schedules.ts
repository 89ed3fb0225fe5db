import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import type { WindowSchedule, WindowScheduleSpec } from '../../contract/window-schedule.ts'
import { ProblemError, wrongField } from '../errors.ts'
import { scheduleEntry } from '../experiments/audit.ts'
import { ulid } from '../experiments/ulid.ts'
import { BadCron, checkWindows, windowsAfter } from '../experiments/windows.ts'
import { claimKey } from '../store/idempotency.ts'
import type { Table } from '../store/table.ts'
import {
  createScheduleRecord,
  flushSchedule,
  listScheduleRecords,
  readScheduleRecord,
  type ScheduleRecord,
  updateScheduleRecord,
} from '../store/window-schedules.ts'
import { fingerprintOf, refuseOther } from './claims.ts'
import type { Context } from './context.ts'
import { refuseUnstartable } from './planning.ts'

const SHOWN = 10

const nextOf = (spec: WindowScheduleSpec, now: Date): string[] =>
  windowsAfter(spec, now, SHOWN).map((at) => at.toISOString())

const shown = (
  { id, spec, createdAt, createdBy, revision, past }: ScheduleRecord,
  now: Date,
): WindowSchedule => ({
  id,
  spec,
  createdAt,
  createdBy,
  revision,
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
  const id = claim.experiment
  const entry = scheduleEntry(
    { id, revision: 1 },
    { before: null, after: spec },
    { who: caller, why: null },
    at,
  )
  await createScheduleRecord(table, {
    id,
    version: 0,
    revision: 1,
    spec,
    createdAt,
    createdBy: caller,
    decidedUntil: createdAt,
    past: [],
    deleted: false,
    outbox: [entry],
  })
  await flushSchedule(table, await requireSchedule(table, id))
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

/** Windows are decided anew from now on: what the new times missed before was never theirs. */
export const changeSchedule: Handler<Catalogue['changeSchedule'], Context> = async (
  { params, body: { reason = null, ifRevision, ...change } },
  context,
) => {
  const { table, caller, now } = context
  const at = now()
  const before = await requireSchedule(table, params.id)
  if (ifRevision !== undefined && ifRevision !== before.revision)
    throw new ProblemError(
      'conflict',
      `${before.id} is at revision ${before.revision}, not ${ifRevision}: somebody changed it.`,
    )
  const spec: WindowScheduleSpec = { ...before.spec, ...change }
  refuseBad(spec, at)
  if (change.experiment !== undefined) {
    const [startAt = at.toISOString()] = nextOf(spec, at)
    await refuseUnstartable({ ...spec.experiment, window: { ...spec.experiment.window, startAt } }, context)
  }
  const record = { ...before, spec, decidedUntil: at.toISOString() }
  return shown(await replace(table, before, record, { who: caller, why: reason }, at), at)
}

export const deleteSchedule: Handler<Catalogue['deleteSchedule'], Context> = async (
  { params, query: { reason = null } },
  { table, caller, now },
) => {
  const before = await requireSchedule(table, params.id)
  return shown(
    await replace(table, before, { ...before, deleted: true }, { who: caller, why: reason }, now()),
    now(),
  )
}

/** Writes the change and its audit entry at once. @throws ProblemError conflict when somebody was faster */
const replace = async (
  table: Table,
  before: ScheduleRecord,
  after: ScheduleRecord,
  by: { who: string; why: string | null },
  at: Date,
): Promise<ScheduleRecord> => {
  const revision = before.revision + 1
  const states = { before: before.spec, after: after.deleted ? null : after.spec }
  const entry = scheduleEntry({ id: before.id, revision }, states, by, at)
  const record = { ...after, revision, outbox: [...before.outbox, entry] }
  if (!(await updateScheduleRecord(table, record)))
    throw new ProblemError('conflict', `${before.id} was changed in the meantime: read it again.`)
  await flushSchedule(table, { ...record, version: record.version + 1 })
  return record
}
