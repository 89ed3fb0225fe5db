import type { SourceEni } from '../../contract/source.ts'
import type { Action } from './actions.ts'
import { killSchedule } from './names.ts'
import type { View } from './observed.ts'
import { withinStage } from './plan-ramp.ts'
import {
  close,
  intend,
  latestOf,
  liveRows,
  nameSteps,
  type RandomVni,
  stepFor,
  wasRefused,
} from './plan-sessions.ts'
import { candidates } from './preflight.ts'
import type { SessionRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { takesAll } from './silence.ts'

/** Before so many new sessions mirror, nobody waits for those still to be made: each change is told to all gateways. */
const JOINED_AT_ONCE = 50

/**
 * ENIs that could join a running experiment now: its source resolves to them, they fit, and they have no session of it.
 * An ENI whose session somebody else deleted is left alone; while it is paused nobody joins.
 */
export const joinable = (view: View, now: Date, { tickMs }: Settings): SourceEni[] => {
  const { record, sessions } = view
  const { phase, pausedSince, endAt } = record.experiment
  if (pausedSince !== null) return []
  // It would hardly mirror before it goes again, and yet owe an hour.
  if (phase !== 'mirroring' || Date.parse(endAt) - now.getTime() < 2 * tickMs) return []
  const free = candidates(view).filter(({ eni }) => {
    const last = latestOf(sessions, eni)
    return last === undefined || (last.state === 'deleted' && last.leaving)
  })
  return withinStage(view, free)
}

/**
 * The next step towards a session on ENIs that joined: made on the parking filter, where nothing is mirrored before its
 * kill schedule is armed and the gateways know it.
 */
export const joinSteps = (view: View, now: Date, settings: Settings, random: RandomVni): Action[] => {
  const { record, seen, sessions } = view
  const { filter } = record.life
  if (filter === null || unpublished(view).length >= JOINED_AT_ONCE) return []
  for (const row of liveRows(sessions)) {
    // One from the preparation was to be made on the experiment’s own filter, which mirrors now.
    if (row.state !== 'intended' || (!row.parked && !seen.sessions.some(({ vni }) => vni === row.vni)))
      continue
    const step = stepFor(view, row, filter, now, settings)
    if (step) return [step]
  }
  const paid = new Set(seen.money?.joiners)
  const next = joinable(view, now, settings).find(({ eni }) => paid.has(eni))
  return next ? [intend(view, next, { parked: true }, now, random)] : []
}

const unpublished = ({ sessions, seen }: View): SessionRecord[] => {
  const known = new Set(seen.config.entry?.sources.map(({ vni }) => vni))
  return liveRows(sessions).filter(({ state, vni }) => state === 'active' && !known.has(vni))
}

/** Moves sessions that the gateways were told of from the parking filter to the experiment’s own. */
export const moveSteps = ({ record, seen, sessions }: View): Action[] => {
  const { filter } = record.life
  return liveRows(sessions).flatMap((row): Action[] => {
    if (row.state !== 'active' || !row.parked || row.session === null || filter === null) return []
    if (seen.moved.has(row.session)) return [{ kind: 'write-session', session: { ...row, parked: false } }]
    return [{ kind: 'move-session', session: row.session, filter }]
  })
}

/**
 * Closes what was lost: sessions whose source went away are deleted, since AWS goes on billing them; sessions that AWS
 * no longer has are written off; sessions of ours that no ledger row knows are deleted.
 */
export const lostSteps = (view: View, now: Date, settings: Settings): Action[] => {
  const { record, seen, sessions } = view
  const alive = new Set(
    seen.sources?.filter(({ verdict }) => verdict !== 'unsupported').map(({ eni }) => eni),
  )
  const orphaned = (eni: string) => seen.sources !== null && !alive.has(eni)
  const starved = starvedTooLong(view, now, settings)
  const steps: Action[] = nameSteps(view, now).filter(({ session }) => orphaned(session.eni))
  for (const row of sessions) {
    if (row.state === 'deleted') continue
    if (row.session === null) {
      steps.push(...closeUnmade(view, row, orphaned(row.eni), now, settings))
      continue
    }
    const deletedAt = seen.gone.get(row.session)
    if (deletedAt !== undefined) steps.push(close(row, deletedAt))
    else if ((orphaned(row.eni) || starved.has(row.eni)) && !row.leaving)
      steps.push({ kind: 'write-session', session: { ...row, leaving: true } })
    else if (row.leaving || vanished(view, row, now, settings))
      steps.push({ kind: 'delete-session', session: row.session })
  }
  const known = new Set(sessions.map(({ vni }) => vni))
  for (const { session, vni } of seen.sessions) {
    const row = sessions.find((one) => one.vni === vni)
    if (!known.has(vni) || (row?.state === 'deleted' && !seen.gone.has(session)))
      steps.push({ kind: 'delete-session', session })
  }
  for (const session of sessions)
    if (session.state === 'deleted' && session.session !== null) {
      const schedule = killSchedule(record.experiment.id, session.session)
      if (seen.schedules.has(schedule)) steps.push({ kind: 'disarm', schedule })
    }
  return steps
}

/** ENIs of which another session leaves nothing, and has for a while: a session on them costs its hours for nothing. */
const starvedTooLong = (view: View, now: Date, { silentMs }: Settings): ReadonlySet<string> => {
  const since = new Map(
    view.record.experiment.gaps.flatMap(({ kind, of, since: begin, until }) =>
      kind === 'starved' && until === null ? [[of, Date.parse(begin)] as const] : [],
    ),
  )
  const lasting = (eni: string): boolean => now.getTime() - (since.get(eni) ?? now.getTime()) >= silentMs
  return new Set(
    liveRows(view.sessions).flatMap((row) => (lasting(row.eni) && takesAll(view, row) ? [row.eni] : [])),
  )
}

/**
 * An intended session that never came to be: AWS refused it for good, or nobody will make it any more and Describe would
 * show it by now if it had been made.
 */
const closeUnmade = (
  view: View,
  row: SessionRecord,
  orphaned: boolean,
  now: Date,
  { describeLagMs }: Settings,
): Action[] => {
  if (wasRefused(view, row)) return [close(row, now.toISOString())]
  const abandoned = orphaned || (view.record.experiment.phase === 'mirroring' && !row.parked)
  const sure =
    now.getTime() - Date.parse(row.intendedAt) >= describeLagMs &&
    !view.seen.sessions.some(({ vni }) => vni === row.vni)
  return abandoned && sure ? [close({ ...row, leaving: true }, now.toISOString())] : []
}

/** Describe does not show it, though it has had the time to: a delete will tell for sure. */
const vanished = (
  { seen }: View,
  { state, session, knownAt }: SessionRecord,
  now: Date,
  { describeLagMs }: Settings,
): boolean =>
  state === 'active' &&
  !seen.sessions.some((one) => one.session === session) &&
  now.getTime() - Date.parse(knownAt ?? '') >= describeLagMs
