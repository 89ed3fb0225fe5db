import type { Action } from './actions.ts'
import { killSchedule } from './names.ts'
import { refusalOf, type View } from './observed.ts'
import type { SessionRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { armable, armTime, killTime } from './times.ts'

/** A whole number from 1 to 0xffffff. */
export type RandomVni = () => number

/** Session numbers are taken from the lowest priority upward: whoever comes later and matters more wins over us. */
const LOWEST_PRIORITY = 32_766

export const latestOf = (sessions: readonly SessionRecord[], eni: string): SessionRecord | undefined =>
  sessions.reduce<SessionRecord | undefined>(
    (last, one) => (one.eni === eni && (!last || one.generation > last.generation) ? one : last),
    undefined,
  )

/**
 * The next step towards a session on every chosen ENI, one ENI after the other: intend, create, arm the schedule that
 * deletes it, record. Only a recorded session counts, and every recorded one has its schedule.
 */
export const sessionSteps = (view: View, now: Date, random: RandomVni): Action[] => {
  const { filter, enis } = view.record.life
  if (filter === null) return [filterStep(view, now)]
  for (const [index, eni] of (enis ?? []).entries()) {
    const session = latestOf(view.sessions, eni)
    const step = session ? stepFor(view, session, index, filter, now) : intend(view, eni, now, random)
    if (step) return [step]
  }
  return []
}

const filterStep = ({ record, seen }: View, now: Date): Action => {
  const { filterIntendedAt, filterGeneration } = record.life
  const found = seen.filters[0]
  if (found !== undefined) return { kind: 'write-record', life: { filter: found } }
  return filterIntendedAt === null
    ? { kind: 'write-record', life: { filterIntendedAt: now.toISOString() } }
    : { kind: 'create-filter', generation: filterGeneration, expiresAt: record.experiment.endAt }
}

const intend = (
  { record, seen, sessions }: View,
  eni: string,
  now: Date,
  random: RandomVni,
): Action | null => {
  const source = seen.sources?.find((one) => one.eni === eni)
  if (!source) return null
  const ours = new Set(sessions.map(({ vni }) => vni))
  let vni = random()
  while (ours.has(vni) || seen.vnis.has(vni)) vni = random()
  let number = LOWEST_PRIORITY
  while (seen.taken.some((one) => one.eni === eni && one.number === number)) number--
  return {
    kind: 'write-session',
    session: {
      eni,
      generation: 0,
      state: 'intended',
      session: null,
      vni,
      number,
      address: source.address,
      mac: source.mac,
      availabilityZone: source.availabilityZone,
      expiresAt: record.experiment.endAt,
      killAt: null,
      intendedAt: now.toISOString(),
      createdAt: null,
      knownAt: null,
      deletedAt: null,
    },
  }
}

const stepFor = (
  { record, seen }: View,
  session: SessionRecord,
  index: number,
  filter: string,
  now: Date,
): Action | null => {
  const { id, endAt, spec } = record.experiment
  if (session.state === 'deleted') return null
  if (session.state === 'intended' && seen.sources?.every(({ eni }) => eni !== session.eni)) return null
  if (session.state === 'active') return moveKill(seen.schedules, id, session, killTime(endAt, index), now)
  const created = seen.sessions.find(({ eni, vni }) => eni === session.eni && vni === session.vni)
  if (!created)
    return { kind: 'create-session', session, filter, packetLength: spec.traffic.packetLength ?? null }
  const armed = seen.schedules.get(killSchedule(id, created.session))
  return armed == null
    ? armKill(id, created.session, killTime(endAt, index), now)
    : {
        kind: 'write-session',
        session: {
          ...session,
          state: 'active',
          session: created.session,
          killAt: armed,
          createdAt: session.intendedAt,
          knownAt: now.toISOString(),
        },
      }
}

const armKill = (experiment: string, session: string, wanted: string, now: Date): Action => ({
  kind: 'arm',
  schedule: killSchedule(experiment, session),
  at: armTime(wanted, now),
  what: { deed: 'delete-session', session },
})

/** The step that moves a recorded session’s kill schedule to the wanted time; null when it is there. */
const moveKill = (
  schedules: ReadonlyMap<string, string | null>,
  experiment: string,
  session: SessionRecord,
  wanted: string,
  now: Date,
): Action | null => {
  if (session.session === null || session.killAt === wanted || !armable(wanted, now)) return null
  return schedules.get(killSchedule(experiment, session.session)) === wanted
    ? { kind: 'write-session', session: { ...session, killAt: wanted } }
    : armKill(experiment, session.session, wanted, now)
}

const TAGGED_AT_ONCE = 200

/**
 * Moves everything that ends the experiment to the later end, then its tags, then puts the end itself in force: whatever
 * fails in between, the experiment ends at the earlier one.
 */
export const extensionSteps = ({ record, sessions, seen }: View, now: Date): Action[] => {
  const { extension, enis } = record.life
  const { id } = record.experiment
  if (!extension) return []
  for (const [index, eni] of (enis ?? []).entries()) {
    const session = latestOf(sessions, eni)
    if (session?.state !== 'active') continue
    const step = moveKill(seen.schedules, id, session, killTime(extension.endAt, index), now)
    if (step) return [step]
  }
  const tags = tagSteps({ record, sessions, seen }, extension.endAt)
  if (tags.length > 0) return tags
  return [{ kind: 'write-record', extend: true }]
}

/** The tags that the sweeper goes by follow the end; a few hundred resources at a time. */
export const tagSteps = ({ record, seen }: View, expiresAt: string): Action[] => {
  const stale = seen.sessions.filter((one) => one.expiresAt !== expiresAt).slice(0, TAGGED_AT_ONCE)
  if (stale.length === 0) return []
  const { filter, rules } = record.life
  const switches = [...(filter === null ? [] : [filter]), ...rules.map(({ rule }) => rule)]
  return [{ kind: 'tag', resources: [...stale.map(({ session }) => session), ...switches], expiresAt }]
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
  const steps: Action[] = nameSteps(view, now).filter(({ session }) => orphaned(session.eni))
  for (const row of sessions) {
    if (row.state === 'deleted' || row.session === null) continue
    const deletedAt = seen.gone.get(row.session)
    if (deletedAt !== undefined) steps.push(close(row, deletedAt))
    else if (orphaned(row.eni) || vanished(view, row, now, settings))
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

/**
 * Writes down the ids of sessions that were made when nobody could record them, so that they are deleted and paid for.
 * They stay intended: only a session with its kill schedule is active.
 */
export const nameSteps = (
  { seen, sessions }: View,
  now: Date,
): Extract<Action, { kind: 'write-session' }>[] =>
  sessions.flatMap((row) => {
    if (row.state !== 'intended' || row.session !== null) return []
    const made = seen.sessions.find(({ eni, vni }) => eni === row.eni && vni === row.vni)
    if (!made) return []
    const named = { session: made.session, createdAt: row.intendedAt, knownAt: now.toISOString() }
    return [{ kind: 'write-session' as const, session: { ...row, ...named } }]
  })

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

export const close = (session: SessionRecord, deletedAt: string): Action => ({
  kind: 'write-session',
  session: { ...session, state: 'deleted', deletedAt },
})

/** Whether AWS said no to a session that is only intended: then it never existed. */
export const wasRefused = ({ seen }: View, session: SessionRecord): boolean =>
  seen.refused.has(refusalOf(session))
