import { paidUntil } from '../cost/hours.ts'
import type { Action } from './actions.ts'
import { configurationsBefore, GATEWAYS_TO_ZERO, killSchedule, leasePrefix, schedulePrefix } from './names.ts'
import type { View } from './observed.ts'
import { acknowledged, zeroWithout } from './plan-gateways.ts'
import { closeSteps } from './plan-rules.ts'
import { close, nameSteps, wasRefused } from './plan-sessions.ts'
import type { Settings } from './settings.ts'
import { deletionTime, killTime } from './times.ts'

/**
 * Takes everything down: rules first, made to reject to stop the packets, then sessions, since they cost money, then what
 * watched over them; the gateways get the time to finish what is in flight. What is gone is recorded before the next one
 * goes: a fleet takes more ticks than one at EC2's pace, and each must begin where the one before ended.
 */
export const planDraining = (view: View, now: Date, settings: Settings): Action[] => {
  const cleanup = [
    ...nameSteps(view, now),
    ...closeSteps(view),
    ...dropInFlight(view),
    ...closeSessions(view, now, settings),
    ...deleteSessions(view),
    ...disarm(view),
    ...deleteFilters(view),
  ]
  if (cleanup.length > 0) return cleanup
  if (!nothingLeft(view) || mayAppear(view, now, settings)) return []
  return [...leaveGateways(view, now, settings)]
}

/** Killed: the gateways forget it before anything else is taken down. */
const dropInFlight = ({ record, seen }: View): Action[] =>
  record.life.atOnce && seen.config.entry !== null ? [{ kind: 'publish', entry: null }] : []

const liveSessions = ({ sessions, seen }: View): string[] => {
  const ids = new Set(seen.sessions.map(({ session }) => session))
  for (const { state, session } of sessions) if (state !== 'deleted' && session !== null) ids.add(session)
  return [...ids].filter((id) => !seen.gone.has(id))
}

/** Those first whose paid hour ends first. */
const inOrderOfHours = ({ record, sessions }: View, ids: readonly string[]): string[] => {
  const endAt = new Date(record.experiment.endAt)
  const paid = new Map(
    sessions.map(({ session, createdAt, intendedAt }) => [
      session,
      paidUntil(createdAt ?? intendedAt, endAt),
    ]),
  )
  return [...ids].sort((a, b) => (paid.get(a) ?? 0) - (paid.get(b) ?? 0))
}

const deleteSessions = (view: View): Action[] =>
  inOrderOfHours(view, liveSessions(view)).map((session) => ({ kind: 'delete-session', session }))

/**
 * Ledger rows end when their session is gone; a row that was only intended when it is sure that none was made. That is
 * not sure any more once a kill schedule nobody recorded may have deleted it: then its hours are owed.
 */
const closeSessions = (view: View, now: Date, settings: Settings): Action[] => {
  const { sessions, seen } = view
  return sessions.flatMap((row): Action[] => {
    if (row.state === 'deleted') return []
    if (row.session !== null) {
      const deletedAt = seen.gone.get(row.session)
      return deletedAt === undefined ? [] : [close(row, deletedAt)]
    }
    if (wasRefused(view, row)) return [close(row, now.toISOString())]
    if (now.getTime() - Date.parse(row.intendedAt) < settings.describeLagMs) return []
    const killAt = killTime(row.expiresAt, row.slot, settings)
    return now < new Date(killAt)
      ? [close(row, now.toISOString())]
      : [close({ ...row, createdAt: row.intendedAt }, deletionTime(killAt, now, settings))]
  })
}

/**
 * A session’s kill schedule goes after its session, and leases go after the filter with its rules: until then they are what
 * is sure to end it, whatever EC2 refuses.
 */
const disarm = (view: View): Action[] => {
  const { id } = view.record.experiment
  const kills = new Set(liveSessions(view).map((session) => killSchedule(id, session)))
  const hasRules = filtersOf(view).length > 0
  const isNeeded = (schedule: string): boolean =>
    kills.has(schedule) || (hasRules && schedule.startsWith(leasePrefix(id)))
  return [...view.seen.schedules.keys()]
    .filter((schedule) => schedule.startsWith(schedulePrefix(id)) && !isNeeded(schedule))
    .map((schedule) => ({ kind: 'disarm', schedule }))
}

const filtersOf = ({ record, seen }: View): string[] => {
  const { filter } = record.life
  return [...new Set([...(filter === null ? [] : [filter]), ...seen.filters])].filter(
    (id) => !seen.gone.has(id),
  )
}

const deleteFilters = (view: View): Action[] => {
  if (liveSessions(view).length > 0) return []
  const filters = filtersOf(view)
  if (filters.length > 0) return filters.map((filter) => ({ kind: 'delete-filter', filter }))
  return view.record.life.filter === null
    ? []
    : [{ kind: 'write-record', life: { filter: null, filterIntendedAt: null, rules: [] } }]
}

const nothingLeft = (view: View): boolean =>
  liveSessions(view).length === 0 &&
  filtersOf(view).length === 0 &&
  view.sessions.every(({ state }) => state === 'deleted') &&
  ![...view.seen.schedules.keys()].some((schedule) =>
    schedule.startsWith(schedulePrefix(view.record.experiment.id)),
  )

/** A filter was made, or not, and its id got lost: it may take a while to be shown. */
const mayAppear = ({ record }: View, now: Date, { describeLagMs }: Settings): boolean => {
  const { filterIntendedAt } = record.life
  return filterIntendedAt !== null && now.getTime() - Date.parse(filterIntendedAt) < describeLagMs
}

/**
 * The gateways’ share of the end: what is in flight is finished, then they forget the experiment and say so with their
 * final counts, then they go unless another experiment needs them.
 */
const leaveGateways = (view: View, now: Date, settings: Settings): Action[] => {
  const { record, seen } = view
  const { atOnce, drainingSince, configRevision, removedRevision } = record.life
  const drained = now.getTime() - Date.parse(drainingSince ?? now.toISOString())
  if (seen.config.entry !== null) return drained < settings.drainMs ? [] : [{ kind: 'publish', entry: null }]
  if (removedRevision === null && (configRevision !== null || record.experiment.mirroringSince !== null))
    return [{ kind: 'write-record', life: { removedRevision: seen.config.revision } }]
  const final = removedRevision === null || acknowledged(seen.gateways.tasks, removedRevision)
  if (!final && !atOnce && drained < settings.drainLimitMs) return []

  if (seen.others.length > 0) {
    const zero = zeroWithout(view, now, settings)
    if (zero.length > 0) return zero
  } else {
    if (seen.gateways.desired > 0) return [{ kind: 'scale', desired: 0 }]
    if (seen.zeroAt !== null) return [{ kind: 'disarm', schedule: GATEWAYS_TO_ZERO }]
  }
  const { redactionKey } = record.life
  if (
    redactionKey !== null &&
    removedRevision !== null &&
    !seen.gone.has(configurationsBefore(removedRevision))
  )
    return [{ kind: 'forget-configurations', before: removedRevision }]
  return [{ kind: 'write-record', enter: { phase: 'ended' } }]
}
