import { isStartAwaited } from '../../contract/approval.ts'
import type { AuditEntry } from '../../contract/audit.ts'
import type { Outcome } from '../../contract/experiment.ts'
import { deletionStart } from '../cost/hours.ts'
import { harmOf } from './abort.ts'
import type { Action } from './actions.ts'
import { lostTooLong, lostZones } from './gaps.ts'
import type { View } from './observed.ts'
import { planDraining } from './plan-draining.ts'
import { joinable, joinSteps, lostSteps, moveSteps } from './plan-fleet.ts'
import { acknowledged, canReceive, gatewaySteps, publishSteps, zeroSteps } from './plan-gateways.ts'

import { endedInProbe } from './plan-probe.ts'
import { rampSteps } from './plan-ramp.ts'
import { closeSteps, disarmLeases, leaseSteps, makeSteps } from './plan-rules.ts'

import {
  chooseVnis,
  extensionSteps,
  liveRows,
  type RandomVni,
  sessionSteps,
  tagSteps,
} from './plan-sessions.ts'
import { preNoticeMs } from './pre-notice.ts'
import { chooseSources } from './preflight.ts'
import type { Settings } from './settings.ts'
import { armable, armTime, beginTime, callTime } from './times.ts'

/**
 * What is to be done next about one experiment, in this order. Pure: the same view, time and random numbers give the
 * same actions. An empty list means that nothing can be done before the world or the clock has moved.
 */
export const plan = (view: View, now: Date, settings: Settings, random: RandomVni): Action[] => {
  const { phase } = view.record.experiment
  const { outbox } = view.record.life
  if (outbox.length > 0) return auditSteps(outbox, view.seen.audited)
  switch (phase) {
    case 'scheduled':
      return planScheduled(view, now, settings)
    case 'preparing':
      return planPreparing(view, now, settings, random)
    case 'mirroring':
      return planMirroring(view, now, settings, random)
    case 'draining':
      return planDraining(view, now, settings)
    case 'ended':
      return view.seen.forgotten ? [] : [{ kind: 'forget-active' }]
  }
}

const auditSteps = (outbox: readonly AuditEntry[], audited: ReadonlySet<string>): Action[] => {
  const entries = outbox.filter(({ id }) => !audited.has(id))
  return entries.length > 0
    ? entries.map((entry) => ({ kind: 'audit', entry }))
    : [{ kind: 'write-record', life: { outbox: [] } }]
}

const planScheduled = (view: View, now: Date, settings: Settings): Action[] => {
  const { record, seen } = view
  const { id, endAt } = record.experiment
  const beginAt = beginTime(record, settings)
  if (now >= new Date(endAt))
    return [
      finish(
        'expired',
        isStartAwaited(record.experiment.approval)
          ? 'Nobody approved it before its window had passed.'
          : preNoticeMs(record.experiment.spec, settings) > 0 && record.life.announcedAt === null
            ? 'Its pre-notice could not be given before its window had passed.'
            : 'Its window passed while the control plane was away.',
      ),
    ]
  if (isStartAwaited(record.experiment.approval)) return []
  if (record.life.extension) return [{ kind: 'write-record', extend: true }]
  const announcing = announceSteps(view, now, settings)
  if (announcing.length > 0) return announcing
  if (now >= new Date(beginAt)) return [{ kind: 'write-record', enter: { phase: 'preparing', reason: null } }]
  const at = callTime(beginAt, settings)
  if (record.life.startScheduledAt === at || !armable(beginAt, now)) return []
  return callSteps(seen.schedules, `${id}.start`, at, { deed: 'call', event: 'start', experiment: id }, now, {
    startScheduledAt: at,
  })
}

/** The pre-notice, a look earlier than it must be at the latest. It is on record once it has been taken. */
const announceSteps = ({ record, seen }: View, now: Date, settings: Settings): Action[] => {
  const noticeMs = preNoticeMs(record.experiment.spec, settings)
  const startAt = Date.parse(record.experiment.startAt)
  if (noticeMs === 0 || record.life.announcedAt !== null) return []
  if (now.getTime() < startAt - noticeMs - settings.tickMs) return []
  const notBefore = (told: number): string => new Date(Math.max(startAt, told + noticeMs)).toISOString()
  if (seen.announced === null) return [{ kind: 'announce', notBefore: notBefore(now.getTime()) }]
  const { at } = seen.announced
  return [{ kind: 'write-record', announced: { ...seen.announced, notBefore: notBefore(Date.parse(at)) } }]
}

const planPreparing = (view: View, now: Date, settings: Settings, random: RandomVni): Action[] => {
  const { record, seen } = view
  const { endAt } = record.experiment
  const { preparingSince, enis } = record.life
  if (now >= plannedEnd(view))
    return [
      late(endAt, now, settings)
        ? finish('expired', 'It was found past its end after an outage of the control plane.')
        : finish('failed', `Its window ended before mirroring could start: ${waitingFor(view)}`),
    ]
  if (preparingSince !== null && now.getTime() - Date.parse(preparingSince) > settings.prepareMs)
    return [
      finish('failed', `It could not be prepared in time: ${record.life.lastError ?? waitingFor(view)}`),
    ]
  if (seen.money && !seen.money.affordable) return [finish('over-budget', seen.money.reason)]
  const steps = [...endSteps(view, now, settings), ...zeroSteps(view, now, settings)]
  if (steps.length > 0) return steps
  if (enis === null) {
    const choice = chooseSources(view)
    if (choice === null) return []
    return [
      'enis' in choice
        ? {
            kind: 'write-record',
            life: {
              enis: choice.enis,
              vnis: chooseVnis(choice.enis, seen.vnis, random),
              front: [...seen.front],
            },
          }
        : finish('failed', choice.problem),
    ]
  }
  const extension = extensionSteps(view, now, settings)
  if (extension.length > 0) return extension
  const lost = lostSteps(view, now, settings)
  return [...lost, ...prepareSteps(view, now, settings, random)]
}

const prepareSteps = (view: View, now: Date, settings: Settings, random: RandomVni): Action[] => {
  const gateways = gatewaySteps(view)
  if (gateways.length > 0) return gateways
  if (view.sessions.length === 0) {
    // A session owes its hour from its creation: none is made before all that is to receive its packets is there and knows it.
    const published = publishSteps(view)
    if (published.length > 0) return published
    if (!ready(view)) return []
  }
  // What AWS does not take as a filter is known before anything costs money.
  const rules = makeSteps(view, now)
  if (rules.length > 0) return rules
  const sessions = sessionSteps(view, now, settings, random)
  if (sessions.length > 0) return sessions
  if (!view.sessions.some(({ state }) => state === 'active'))
    return [finish('failed', 'None of its sources can be mirrored any more.')]
  const published = publishSteps(view)
  if (published.length > 0) return published
  if (!ready(view)) return []
  return [{ kind: 'write-record', life: { lastError: null }, enter: { phase: 'mirroring', reason: null } }]
}

const planMirroring = (view: View, now: Date, settings: Settings, random: RandomVni): Action[] => {
  const { record, seen } = view
  const { endAt } = record.experiment
  const { unfitSince } = record.life
  if (now >= plannedEnd(view))
    return [
      late(endAt, now, settings)
        ? finish('expired', 'It was found past its end after an outage of the control plane.')
        : planned(record),
    ]
  const harm = harmOf(record.experiment.health)
  if (harm !== null) return [finish('aborted', harm)]
  if (seen.money && !seen.money.affordable) return [finish('over-budget', seen.money.reason)]
  if (unfitSince !== null && now.getTime() - Date.parse(unfitSince) > settings.unfitMs)
    return [finish('failed', `Its gateways were not fit to receive for too long: ${waitingFor(view)}`)]
  const zone = lostTooLong(record, now, settings)
  if (zone !== null) return [finish('failed', zone)]
  if (liveRows(view.sessions).length === 0 && joinable(view, now, settings).length === 0)
    return [
      finish('failed', 'None of its mirror sessions is left: their sources or they themselves were deleted.'),
    ]
  if (filterVanished(view, now, settings))
    return [finish('failed', 'Its mirror filter was deleted by somebody else.')]
  const receiving = canReceive(view)
  if (receiving !== (unfitSince === null))
    return [{ kind: 'write-record', life: { unfitSince: receiving ? null : now.toISOString() } }]
  // The lease first: whatever comes after it may be refused, or take until the next tick.
  return [
    ...(record.experiment.pausedSince !== null
      ? closeSteps(view)
      : receiving
        ? [...leaseSteps(view, now, settings), ...makeSteps(view, now)]
        : []),
    ...lostSteps(view, now, settings),
    ...endSteps(view, now, settings),
    ...zeroSteps(view, now, settings),
    ...(record.life.extension ? extensionSteps(view, now, settings) : tagSteps(view, endAt)),
    ...(receiving ? joinSteps(view, now, settings, random) : []),
    ...gatewaySteps(view),
    ...publishSteps(view),
    ...moveSteps(view),
    ...rampSteps(view, joinable(view, now, settings).length, now),
    ...disarmLeases(view),
  ]
}

const planned = (record: View['record']): Action => {
  const early = endedInProbe(record)
  return early === null ? finish('completed', 'Its window ended as planned.') : finish('failed', early)
}

/** When taking it down begins: at its end, or a little earlier where a session-hour would just be opened. */
export const plannedEnd = ({ record, sessions }: Pick<View, 'record' | 'sessions'>): Date =>
  deletionStart(
    sessions.flatMap(({ state, createdAt, intendedAt }) =>
      state === 'deleted' ? [] : [createdAt ?? intendedAt],
    ),
    new Date(record.experiment.endAt),
  )

const finish = (outcome: Exclude<Outcome, 'stopped'>, reason: string): Action => ({
  kind: 'write-record',
  enter: { phase: 'draining', outcome, reason },
})

const late = (endAt: string, now: Date, { lateMs }: Settings): boolean =>
  now.getTime() - Date.parse(endAt) > lateMs

/** Without its filter nothing is mirrored: it would only cost money. */
const filterVanished = ({ record, seen }: View, now: Date, { describeLagMs }: Settings): boolean => {
  const { filter, filterIntendedAt } = record.life
  const old = now.getTime() - Date.parse(filterIntendedAt ?? record.experiment.createdAt) >= 2 * describeLagMs
  return filter !== null && old && !seen.filters.includes(filter)
}

const ready = (view: View): boolean => {
  const { desired, healthy, tasks } = view.seen.gateways
  const { configRevision } = view.record.life
  return (
    configRevision !== null &&
    healthy >= desired &&
    tasks.length >= desired &&
    lostZones(view).length === 0 &&
    acknowledged(view.seen.gateways.tasks, configRevision)
  )
}

/** One sentence on what keeps the experiment from mirroring, for people. */
export const waitingFor = (view: View): string => {
  const { record, seen, sessions } = view
  const { enis, configRevision } = record.life
  const { desired, healthy, tasks } = seen.gateways
  if (enis === null) return 'Its sources are not resolved yet.'
  const active = sessions.filter(({ state }) => state === 'active').length
  if (sessions.length > 0 && active < enis.length && record.experiment.phase === 'preparing')
    return `${active} of ${enis.length} mirror sessions are created.`
  if (tasks.length < desired) return `${tasks.length} of ${desired} gateway tasks run.`
  if (healthy < desired || healthy === 0) return `${healthy} of ${desired} gateway tasks are healthy.`
  const [zone] = lostZones(view)
  if (zone !== undefined)
    return `No gateway task in ${zone} is fit to receive, and packets do not cross zones.`
  if (configRevision === null || !acknowledged(tasks, configRevision))
    return 'Not every gateway task has taken over the configuration yet.'
  return 'Mirroring is about to start.'
}

/** The call that looks at the experiment when its end comes, between two ticks. */
const endSteps = (view: View, now: Date, settings: Settings): Action[] => {
  const { record, seen } = view
  const { id } = record.experiment
  const end = plannedEnd(view).toISOString()
  const at = callTime(end, settings)
  if (record.life.endScheduledAt === at || !armable(end, now)) return []
  return callSteps(seen.schedules, `${id}.end`, at, { deed: 'call', event: 'end', experiment: id }, now, {
    endScheduledAt: at,
  })
}

/** A call that should have been armed for a time already past is armed for the next that can be. */
const callSteps = (
  schedules: ReadonlyMap<string, string | null>,
  schedule: string,
  wanted: string,
  what: Extract<Action, { kind: 'arm' }>['what'],
  now: Date,
  life: { startScheduledAt: string } | { endScheduledAt: string },
): Action[] => {
  const armed = schedules.get(schedule)
  const isArmed = armed != null && (armed === wanted || (armed > wanted && !armable(wanted, now)))
  return isArmed
    ? [{ kind: 'write-record', life }]
    : [{ kind: 'arm', schedule, at: armTime(wanted, now), what }]
}
