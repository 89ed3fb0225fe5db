import type { StageNow } from '../../contract/ramp.ts'
import type { SourceEni } from '../../contract/source.ts'
import type { Action } from './actions.ts'
import { canaryHolds } from './canary.ts'
import type { View } from './observed.ts'
import { acknowledged } from './plan-gateways.ts'
import { probeSteps } from './plan-probe.ts'
import { liveRows } from './plan-sessions.ts'
import { candidates } from './preflight.ts'
import { isProbing } from './probe.ts'
import type { ExperimentRecord } from './record.ts'
import { inOrder, isStaged, reach, stageOf, wantedOf } from './stages.ts'

/** Of ENIs that could join, those that the stage has room for. A share only grows: whatever is mirrored stays. */
export const withinStage = (view: View, free: readonly SourceEni[]): SourceEni[] => {
  if (!isStaged(view.record.experiment)) return [...free]
  const room = wantedOf(view.record, candidates(view)) - liveRows(view.sessions).length
  return inOrder(free).slice(0, Math.max(0, room))
}

/**
 * Notes when a stage is in force everywhere, and goes on to the next when it has lasted and nothing speaks against it.
 *
 * @param missing ENIs of this stage that are not mirrored yet
 */
export const rampSteps = (view: View, missing: number, now: Date): Action[] => {
  const { record } = view
  const { ramp } = record.experiment.spec
  const { index, since } = record.life.stage
  if (isProbing(record)) return probeSteps(view, isInForce(view, missing), now)
  if (ramp === undefined) return []
  // A pause is no part of a stage: it begins anew.
  if (record.experiment.pausedSince !== null)
    return since === null ? [] : [{ kind: 'write-record', life: { stage: { index, since: null } } }]
  if (since === null)
    return isInForce(view, missing)
      ? [{ kind: 'write-record', life: { stage: { index, since: now.toISOString() } } }]
      : []
  return index + 1 < ramp.stages.length && heldBy(record, now) === null
    ? [{ kind: 'write-record', promote: index + 1 }]
    : []
}

const isInForce = ({ record, seen, sessions }: View, missing: number): boolean => {
  const { configRevision } = record.life
  return (
    missing === 0 &&
    configRevision !== null &&
    acknowledged(seen.gateways.tasks, configRevision) &&
    liveRows(sessions).every(({ state, parked }) => state === 'active' && !parked)
  )
}

/** What the next stage waits for; null when it may begin. */
const heldBy = ({ experiment, life }: ExperimentRecord, now: Date): string | null => {
  const { seconds = 0 } = stageOf({ experiment, life })
  const { since } = life.stage
  if (isProbing({ experiment })) return 'The first stage waits for the probe.'
  if (since === null) return 'This stage is being brought about.'
  const until = new Date(Date.parse(since) + seconds * 1000)
  if (now < until) return `The next stage begins at ${until.toISOString()} at the earliest.`
  const canary = canaryHolds(experiment, life)
  if (canary !== null) return canary
  const judged = heldByVerdict({ experiment, life })
  if (judged !== null || experiment.spec.ramp?.promote === 'time') return judged
  const gap = experiment.gaps.find(({ until: end }) => end === null)
  if (gap !== undefined) return `The next stage waits until traffic is seen whole. ${gap.what}`
  const doubtful = experiment.health.filter(({ state }) => state !== 'fine').length
  if (doubtful === 0) return null
  const rules = doubtful === 1 ? 'one abort rule is' : `${doubtful} abort rules are`
  return `The next stage waits for health: ${rules} not known to be fine.`
}

/** Whether the stage has lasted, so that the verdict so far is asked whether to go on. */
export const asksVerdict = ({ experiment, life }: ExperimentRecord, now: Date): boolean => {
  const { spec } = experiment
  const { index, since } = life.stage
  if (spec.ramp === undefined || since === null || index + 1 >= spec.ramp.stages.length) return false
  const { seconds = 0 } = stageOf({ experiment, life })
  return isCompared(experiment) && now.getTime() >= Date.parse(since) + seconds * 1000
}

const isCompared = ({ spec }: ExperimentRecord['experiment']): boolean => spec.traffic.directions === 'both'

/** A release that fails is not given more traffic by any ramp; one that nobody can judge yet, not by one that goes by health. */
const heldByVerdict = ({ experiment, life }: ExperimentRecord): string | null => {
  const { verdict } = life
  if (verdict?.outcome === 'fail')
    return `The next stage waits: the verdict so far is fail. ${verdict.sentence}`
  if (!isCompared(experiment) || experiment.spec.ramp?.promote === 'time') return null
  if (verdict === null) return 'The next stage waits for the verdict so far.'
  return verdict.outcome === 'pass'
    ? null
    : `The next stage waits: the verdict so far is inconclusive. ${verdict.sentence}`
}

/** Where the experiment is on its ramp; null without one. */
export const stageNow = (view: View, now: Date): StageNow | null => {
  const { record } = view
  const { ramp } = record.experiment.spec
  if (ramp === undefined) return null
  const { index, since } = record.life.stage
  const stage = stageOf(record)
  const all = candidates(view).length
  return {
    number: index + 1,
    of: ramp.stages.length,
    sources: reach(all, stage.sources),
    candidates: all,
    requests: stage.requests,
    since,
    holds: index + 1 < ramp.stages.length ? heldBy(record, now) : null,
  }
}
