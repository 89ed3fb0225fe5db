import type { SourceEni } from '../../contract/source.ts'
import type { Action } from './actions.ts'
import { killSchedule } from './names.ts'
import { refusalOf, type View } from './observed.ts'
import { freeNumber } from './preflight.ts'
import type { SessionRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { armable, armTime, killTime } from './times.ts'

/** A whole number from 1 to 0xffffff. */
export type RandomVni = () => number

export const latestOf = (sessions: readonly SessionRecord[], eni: string): SessionRecord | undefined =>
  sessions.reduce<SessionRecord | undefined>(
    (last, one) => (one.eni === eni && (!last || one.generation > last.generation) ? one : last),
    undefined,
  )

/** Sessions that exist, or are to exist. */
export const liveRows = (sessions: readonly SessionRecord[]): SessionRecord[] =>
  sessions.filter(({ state, leaving }) => state !== 'deleted' && !leaving)

/**
 * The next step towards a session on every ENI that was chosen in preparation, one ENI after the other: intend, create,
 * arm the schedule that deletes it, record. Only a recorded session counts, and every recorded one has its schedule.
 */
export const sessionSteps = (view: View, now: Date, settings: Settings, random: RandomVni): Action[] => {
  const { filter, enis } = view.record.life
  if (filter === null) return [filterStep(view, now)]
  for (const eni of enis ?? []) {
    const session = latestOf(view.sessions, eni)
    const source = view.seen.sources?.find((one) => one.eni === eni)
    const step = session
      ? stepFor(view, session, filter, now, settings)
      : source
        ? intend(view, source, { parked: false }, now, random)
        : null
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

/** One for each, all of them unused. */
export const chooseVnis = (
  enis: readonly string[],
  taken: ReadonlySet<number>,
  random: RandomVni,
): Record<string, number> => {
  const used = new Set(taken)
  return Object.fromEntries(
    enis.map((eni) => {
      const vni = unusedVni(used, random)
      used.add(vni)
      return [eni, vni]
    }),
  )
}

const unusedVni = (used: ReadonlySet<number>, random: RandomVni): number => {
  let vni = random()
  while (used.has(vni)) vni = random()
  return vni
}

/** Writes down that an ENI is to get a session, its next when it had some before. */
export const intend = (
  { record, seen, sessions }: View,
  { eni, instance, address, mac, availabilityZone }: SourceEni,
  { parked }: { parked: boolean },
  now: Date,
  random: RandomVni,
): Action => {
  const ours = new Set(sessions.map(({ vni }) => vni))
  const { vnis } = record.life
  const chosen = vnis[eni]
  const vni =
    chosen !== undefined && !ours.has(chosen)
      ? chosen
      : unusedVni(new Set([...ours, ...seen.vnis, ...Object.values(vnis)]), random)
  const number = freeNumber(seen.taken, eni)
  const slots = new Set(sessions.flatMap(({ state, slot }) => (state === 'deleted' ? [] : [slot])))
  let slot = 0
  while (slots.has(slot)) slot++
  const before = latestOf(sessions, eni)
  return {
    kind: 'write-session',
    session: {
      eni,
      instance,
      generation: before === undefined ? 0 : before.generation + 1,
      slot,
      state: 'intended',
      parked,
      leaving: false,
      session: null,
      vni,
      number,
      address,
      mac,
      availabilityZone,
      expiresAt: record.experiment.endAt,
      killAt: null,
      intendedAt: now.toISOString(),
      createdAt: null,
      knownAt: null,
      deletedAt: null,
    },
  }
}

/** The next step for a session that was intended, or whose kill schedule is not where it should be; null without one. */
export const stepFor = (
  { record, seen }: View,
  session: SessionRecord,
  filter: string,
  now: Date,
  settings: Settings,
): Action | null => {
  const { id, endAt, spec } = record.experiment
  if (session.state === 'deleted' || session.leaving) return null
  if (session.state === 'intended' && seen.sources?.every(({ eni }) => eni !== session.eni)) return null
  const wanted = killTime(endAt, session.slot, settings)
  if (session.state === 'active') return moveKill(seen.schedules, id, session, wanted, now)
  const created = seen.sessions.find(({ eni, vni }) => eni === session.eni && vni === session.vni)
  if (!created)
    return { kind: 'create-session', session, filter, packetLength: spec.traffic.packetLength ?? null }
  const armed = seen.schedules.get(killSchedule(id, created.session))
  return armed == null
    ? armKill(id, created.session, wanted, now)
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
export const extensionSteps = ({ record, sessions, seen }: View, now: Date, settings: Settings): Action[] => {
  const { extension } = record.life
  const { id } = record.experiment
  if (!extension) return []
  for (const session of sessions) {
    if (session.state !== 'active') continue
    const wanted = killTime(extension.endAt, session.slot, settings)
    const step = moveKill(seen.schedules, id, session, wanted, now)
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
  const { filter } = record.life
  const resources = [...stale.map(({ session }) => session), ...(filter === null ? [] : [filter])]
  return [{ kind: 'tag', resources, expiresAt }]
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

export const close = (session: SessionRecord, deletedAt: string): Action => ({
  kind: 'write-session',
  session: { ...session, state: 'deleted', deletedAt },
})

/** Whether AWS said no to a session that is only intended: then it never existed. */
export const wasRefused = ({ seen }: View, session: SessionRecord): boolean =>
  seen.refused.has(refusalOf(session))
