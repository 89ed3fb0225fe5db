import { isNamed } from '../../contract/source.ts'
import { LONGEST_CALL_MS } from '../clients.ts'
import { type Action, actionName, ec2Write } from '../experiments/actions.ts'
import { learn } from '../experiments/learn.ts'
import type { View } from '../experiments/observed.ts'
import { plan } from '../experiments/plan.ts'
import { liveRows } from '../experiments/plan-sessions.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { readRecord, updateRecord, VersionConflict } from '../store/experiments.ts'
import { readSessions } from '../store/ledger.ts'
import { acquireWriter, keepWriter, releaseWriter, type Writer } from '../store/writer.ts'
import { apply } from './apply.ts'
import { type ControlPlane, newWriterName } from './control-plane.ts'
import { errorText, severityOf } from './failure.ts'
import { conclude } from './keep-evidence.ts'
import { meter } from './meter.ts'
import { observe } from './observe.ts'

export type Reconciled = {
  /** As it is stored now; undefined when there is no such experiment. */
  record: ExperimentRecord | undefined
  /** Somebody else was at it: nothing was done. */
  busy: boolean
}

/**
 * Brings one experiment as far as it can be brought now: looks once, then plans and acts until nothing is left to do or
 * the deadline (milliseconds since 1970) has come. Safe to call at any time, from any door, any number of times.
 */
export const reconcile = async (
  plane: ControlPlane,
  id: string,
  deadline: number,
  /** Nothing is done when a complete look has begun at this time or later. */
  unlessSince = Number.POSITIVE_INFINITY,
): Promise<Reconciled> => {
  const { table } = plane
  const began = plane.now()
  const holder = newWriterName(plane)
  const writer = await acquireWriter(table, id, holder, plane.now(), plane.now() + LONGEST_CALL_MS)
  if (!writer) return { record: await readRecord(table, id), busy: true }
  let complete = writer.lookedAt
  try {
    if (writer.lookedAt >= unlessSince) return { record: await readRecord(table, id), busy: false }
    const record = await run(plane, id, writer, deadline)
    if (plane.now() < deadline) complete = began
    return { record, busy: false }
  } finally {
    await releaseWriter(table, writer, complete)
  }
}

const run = async (
  plane: ControlPlane,
  id: string,
  writer: Writer,
  deadline: number,
): Promise<ExperimentRecord | undefined> => {
  for (;;) {
    const record = await readRecord(plane.table, id)
    if (!record) return undefined
    const { phase } = record.experiment
    if (phase === 'ended' && record.life.outbox.length === 0) {
      await conclude(plane, record)
      return record
    }
    const view = await viewOf(plane, record)
    if (!view) continue
    const after = await act(plane, view, writer, deadline)
    // A scheduled experiment is looked at for its schedules only; once it begins there is more to see.
    const begun = phase === 'scheduled' && after.experiment.phase === 'preparing'
    if (!begun || plane.now() >= deadline) return after
  }
}

/** Looks, and meters what was seen; null when somebody changed the record meanwhile. */
const viewOf = async (plane: ControlPlane, record: ExperimentRecord): Promise<View | null> => {
  const { id, phase } = record.experiment
  const sessions = await readSessions(plane.table, id)
  const look = await observe(plane, record)
  const view: View = { record, sessions, seen: look.seen }
  if (phase === 'scheduled' || phase === 'ended') return view
  try {
    const metered = await meter(plane, view, look)
    return { ...view, record: metered.record, seen: { ...view.seen, money: metered.money } }
  } catch (error) {
    if (error instanceof VersionConflict) return null
    throw error
  }
}

type Failures = { names: Set<string>; last: string | null; halted: boolean }

const act = async (
  plane: ControlPlane,
  first: View,
  writer: Writer,
  deadline: number,
): Promise<ExperimentRecord> => {
  const failures: Failures = { names: new Set(), last: null, halted: false }
  let view = first
  let before = ''
  const began = view.record.experiment.phase === 'scheduled'
  while (!failures.halted && plane.now() < deadline) {
    const actions = plan(view, new Date(plane.now()), plane.settings, () => randomVni(plane))
    const action = actions.find((one) => !failures.names.has(actionName(one)))
    if (!action) break
    if (!(await inPace(plane, action, deadline))) break
    const said = JSON.stringify(action)
    if (said === before) throw new Error(`${actionName(action)} was done and is wanted again`)
    const fresh = await stillOurs(plane, view, writer)
    if (!fresh) break
    if (fresh !== view.record) {
      view = { ...view, record: fresh }
      continue
    }
    const after = await step(plane, view, action, failures)
    // The same view: nothing was learned, because it failed or somebody else changed the record. It may come again.
    before = after === view ? '' : said
    view = after
    if (began && view.record.experiment.phase === 'preparing') break
  }
  return rememberError(plane, view, failures)
}

/** Waits for its turn to change something in EC2; false when that comes too late: the next tick goes on from here. */
const inPace = async (plane: ControlPlane, action: Action, deadline: number): Promise<boolean> => {
  const write = ec2Write(action)
  if (write === 'no') return true
  for (;;) {
    const wait = plane.pace.take(write === 'urgent')
    if (wait === 0) return true
    if (plane.now() + wait >= deadline) return false
    await plane.sleep(wait)
  }
}

/** The record as it is stored, when we may go on: the same object while nobody changed it; null when we may not. */
const stillOurs = async (
  plane: ControlPlane,
  { record }: View,
  writer: Writer,
): Promise<ExperimentRecord | null> => {
  const now = plane.now()
  const [ours, stored] = await Promise.all([
    keepWriter(plane.table, writer, now, now + LONGEST_CALL_MS),
    readRecord(plane.table, record.experiment.id),
  ])
  if (!ours || !stored) return null
  return stored.experiment.version === record.experiment.version ? record : stored
}

const step = async (plane: ControlPlane, view: View, action: Action, failures: Failures): Promise<View> => {
  const name = actionName(action)
  const { id, phase } = view.record.experiment
  try {
    const answer = await apply(plane, view, action)
    if (ec2Write(action) !== 'no') plane.pace.taken()
    plane.log('info', name, { experiment: id, phase })
    return learn(view, action, answer, new Date(plane.now()), plane.settings)
  } catch (error) {
    if (error instanceof VersionConflict) return view
    const ending = phase === 'draining' || phase === 'ended'
    const severity = severityOf(error, action, { ending, dispensable: isDispensable(view, action) })
    if (severity === null) throw error
    plane.log('warn', `${name} failed`, { experiment: id, phase, severity, error: errorText(error) })
    if (severity === 'wait') {
      await plane.sleep(ec2Write(action) === 'no' ? throttledMs(plane) : plane.pace.refused())
      return view
    }
    failures.names.add(name)
    if (!(error instanceof Error && error.name === 'NotYet')) failures.last = errorText(error)
    if (severity === 'halt') failures.halted = true
    if (severity !== 'fatal' && severity !== 'refused') return view
    const refused: View =
      action.kind === 'create-session'
        ? learn(view, action, { refused: true }, new Date(plane.now()), plane.settings)
        : view
    if (severity === 'refused') return refused
    return giveUp(plane, refused, `AWS refused to ${name.replaceAll('-', ' ')}: ${errorText(error)}`)
  }
}

/** Whoever joins later, and whom a tag found among others, is left out when AWS refuses; who was named must fit. */
const isDispensable = ({ record, sessions }: View, action: Action): boolean => {
  if (action.kind !== 'create-session') return false
  const { phase, spec } = record.experiment
  if (phase === 'mirroring') return true
  return !isNamed(spec.source) && liveRows(sessions).some(({ eni }) => eni !== action.session.eni)
}

/** Some other service’s limit: within a second or two there is something to be had again. */
const throttledMs = ({ randomBytes }: ControlPlane): number => 1000 + 4 * (randomBytes(1)[0] ?? 0)

/** What AWS says no to for good ends the experiment, with AWS’s own words as the reason. */
const giveUp = async (plane: ControlPlane, view: View, reason: string): Promise<View> => {
  const end: Action = { kind: 'write-record', enter: { phase: 'draining', outcome: 'failed', reason } }
  try {
    const answer = await apply(plane, view, end)
    return learn(view, end, answer, new Date(plane.now()), plane.settings)
  } catch (error) {
    if (error instanceof VersionConflict) return view
    throw error
  }
}

const rememberError = async (
  plane: ControlPlane,
  { record }: View,
  { last }: Failures,
): Promise<ExperimentRecord> => {
  if (last === null || record.life.lastError === last || record.experiment.phase === 'ended') return record
  try {
    return await updateRecord(plane.table, { ...record, life: { ...record.life, lastError: last } })
  } catch (error) {
    if (error instanceof VersionConflict) return record
    throw error
  }
}

/** Uniform over 1 to 0xffffff. */
const randomVni = (plane: ControlPlane): number => {
  for (;;) {
    const [a = 0, b = 0, c = 0] = plane.randomBytes(3)
    const vni = (a << 16) | (b << 8) | c
    if (vni > 0) return vni
  }
}
