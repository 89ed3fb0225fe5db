import { type Approvable, type Approval, isAwaited, isStartAwaited } from '../../contract/approval.ts'
import type { Experiment, ExperimentSpec, Outcome, Phase } from '../../contract/experiment.ts'
import { zeroLines } from '../../contract/money.ts'
import { probeWords } from '../../contract/probe.ts'
import { zeroRequests } from '../../contract/traffic.ts'
import { GATEWAY_SIZE, type GatewaySize } from '../cost/usage.ts'
import { auditEntry, CONTROL_PLANE } from './audit.ts'
import { type Peak, UNKNOWN_PEAK } from './gateway-size.ts'
import { probeReason } from './plan-probe.ts'
import { firstStart } from './pre-notice.ts'
import { type ExperimentRecord, type Extension, type Life, newLife } from './record.ts'

/** Where an experiment may go from each phase. Every end goes through draining, but that of one that never began. */
const NEXT: Readonly<Record<Phase, readonly Phase[]>> = {
  scheduled: ['preparing', 'draining', 'ended'],
  preparing: ['mirroring', 'draining'],
  mirroring: ['draining'],
  draining: ['ended'],
  ended: [],
}

export const mayEnter = (from: Phase, to: Phase): boolean => NEXT[from].includes(to)
export const mayStop = (phase: Phase): boolean => mayEnter(phase, 'draining')
export const mayExtend = mayStop

/** The experiment is in a phase that does not allow this. */
export class WrongPhase extends Error {
  readonly phase: Phase
  constructor(phase: Phase, message: string) {
    super(message)
    this.name = 'WrongPhase'
    this.phase = phase
  }
}

/** The record with an audit entry for what was just done to it. */
export const audited = (
  before: ExperimentRecord | null,
  after: ExperimentRecord,
  change: { who: string; what: string; why: string | null },
  now: Date,
): ExperimentRecord => {
  const experiment = { ...after.experiment, revision: after.experiment.revision + 1 }
  const entry = auditEntry(before?.experiment ?? null, experiment, change, now)
  return { experiment, life: { ...after.life, outbox: [...after.life.outbox, entry] } }
}

export const newRecord = (
  spec: ExperimentSpec,
  {
    id,
    by,
    now,
    redactionKey = null,
    peak = UNKNOWN_PEAK,
    gatewaySize = GATEWAY_SIZE,
    preNoticeMs = 0,
    approvals = [],
  }: {
    id: string
    by: string
    now: Date
    redactionKey?: string | null
    peak?: Peak
    gatewaySize?: GatewaySize
    /** The deployment’s own pre-notice: it starts no earlier. */
    preNoticeMs?: number
    approvals?: readonly Approvable[]
  },
): ExperimentRecord => {
  const createdAt = now.toISOString()
  const startAt = firstStart(spec, now, { preNoticeMs }).toISOString()
  const record: ExperimentRecord = {
    experiment: {
      id,
      version: 0,
      revision: 0,
      spec,
      phase: 'scheduled',
      outcome: null,
      reason: approvals.length > 0 ? awaiting(approvals) : null,
      approval: approvals.length > 0 ? asked(approvals, by, spec.reason ?? null) : null,
      createdAt,
      createdBy: by,
      startAt,
      endAt: new Date(Date.parse(startAt) + spec.window.durationSeconds * 1000).toISOString(),
      mirroringSince: null,
      pausedSince: null,
      endedAt: null,
      sources: 0,
      gateways: 0,
      spend: { basis: 'metered', totalUsd: 0, lines: zeroLines(), standingUsd: 0 },
      forecastUsd: 0,
      volume: { packets: 0, bytes: 0 },
      usdPerGb: null,
      liveUsdPerGb: null,
      requests: zeroRequests(),
      probe: spec.probe ? { state: 'probing', since: null, found: null } : null,
      stage: null,
      health: [],
      redacted: {},
      heldBack: {},
      recorded: {},
      evidenceDeletion: null,
      cutConnections: 0,
      leftOutPackets: 0,
      evidence: null,
      gaps: [],
      meteredAt: null,
    },
    life: { ...newLife(), redactionKey, ...peak, gatewaySize },
  }
  return audited(null, record, { who: by, what: 'created', why: spec.reason ?? null }, now)
}

const awaiting = (what: readonly Approvable[]): string =>
  `It waits for the approval of a second person (${what.join(', ')}).`

const asked = (what: readonly Approvable[], by: string, reason: string | null): Approval => ({
  for: [...what],
  askedBy: by,
  askedReason: reason,
  by: null,
  reason: null,
  at: null,
})

export type Step = {
  phase: Phase
  outcome?: Outcome
  reason?: string | null
  /** Default: the control plane itself. */
  who?: string
}

/** @throws WrongPhase for a step that no life has */
export const enter = (record: ExperimentRecord, step: Step, now: Date): ExperimentRecord => {
  const { phase, outcome, reason, who = CONTROL_PLANE } = step
  const from = record.experiment.phase
  if (!mayEnter(from, phase)) throw new WrongPhase(from, `an experiment does not go from ${from} to ${phase}`)
  const at = now.toISOString()
  const experiment: Experiment = {
    ...record.experiment,
    phase,
    ...(outcome !== undefined && { outcome }),
    ...(reason !== undefined && { reason }),
    ...(phase === 'mirroring' && { mirroringSince: at }),
    ...(phase === 'draining' && { pausedSince: null }),
    ...(phase === 'ended' && { endedAt: at, sources: 0, gateways: 0 }),
  }
  const life: Life = {
    ...record.life,
    ...(phase === 'preparing' && { preparingSince: at }),
    ...(phase === 'draining' && { drainingSince: at, extension: null, proposed: null }),
    ...(phase === 'ended' && { redactionKey: null }),
  }
  const what = outcome === undefined ? phase : `${phase}: ${outcome}`
  return audited(record, { experiment, life }, { who, what, why: reason ?? null }, now)
}

/** What a user’s stop makes of an experiment. @throws WrongPhase when it is already ending or over */
export const stopped = (
  record: ExperimentRecord,
  { by, reason, now }: { by: string; reason: string; now: Date },
): ExperimentRecord => {
  const { phase } = record.experiment
  if (!mayStop(phase))
    throw new WrongPhase(phase, `an experiment that is ${phase} cannot be stopped: it is ending or over`)
  return enter(record, { phase: 'draining', outcome: 'stopped', reason, who: by }, now)
}

/**
 * An end that waits for nothing: what the gateways have in flight is dropped. One that is ending already ends faster.
 * @throws WrongPhase when it is over
 */
export const killed = (
  record: ExperimentRecord,
  { by, reason, now }: { by: string; reason: string; now: Date },
): ExperimentRecord => {
  const { phase } = record.experiment
  if (phase === 'ended') throw new WrongPhase(phase, 'an experiment that is over cannot be killed')
  const atOnce = { ...record, life: { ...record.life, atOnce: true } }
  return phase === 'draining'
    ? audited(record, atOnce, { who: by, what: 'killed while it was draining', why: reason }, now)
    : enter(atOnce, { phase: 'draining', outcome: 'stopped', reason, who: by }, now)
}

type Change = Readonly<{ by: string; reason: string | null; now: Date }>

/** Nothing is mirrored until it is resumed: the reconciler makes the filter’s rules reject. @throws WrongPhase */
export const paused = (record: ExperimentRecord, { by, reason, now }: Change): ExperimentRecord => {
  const { phase, pausedSince } = record.experiment
  if (phase !== 'mirroring')
    throw new WrongPhase(phase, `an experiment that is ${phase} cannot be paused: it is not mirroring`)
  if (pausedSince !== null) throw new WrongPhase(phase, 'it is paused already')
  return audited(record, silenced(record, now), { who: by, what: 'paused', why: reason }, now)
}

const silenced = ({ experiment, life }: ExperimentRecord, now: Date): ExperimentRecord => ({
  experiment: { ...experiment, pausedSince: now.toISOString() },
  life,
})

/** @throws WrongPhase when it is not paused */
export const resumed = (record: ExperimentRecord, { by, reason, now }: Change): ExperimentRecord => {
  const { phase, pausedSince } = record.experiment
  if (pausedSince === null) throw new WrongPhase(phase, 'it is not paused')
  const { probe } = record.experiment
  const answers = probe?.state === 'asking'
  const experiment: Experiment = {
    ...record.experiment,
    pausedSince: null,
    ...(answers && { probe: { ...probe, state: 'passed' }, reason: null }),
  }
  const what = answers ? 'resumed after the probe' : 'resumed'
  return audited(record, { ...record, experiment }, { who: by, what, why: reason }, now)
}

/** The probe has found what it was to find: the first stage begins, or somebody has to say so. */
export const probed = (record: ExperimentRecord, state: 'passed' | 'asking', now: Date): ExperimentRecord => {
  const { probe } = record.experiment
  if (probe === null || probe.found === null) return record
  const { found } = probe
  // All sources together, as far as a minute tells: what two weeks have told may have been more.
  const whole = (found.peakBytesPerSecond * found.candidates) / Math.max(1, found.sources)
  const { experiment, life } = state === 'asking' ? silenced(record, now) : record
  const after = { ...experiment, probe: { ...probe, state } }
  return audited(
    record,
    {
      experiment: { ...after, reason: probeReason({ experiment: after }) },
      life: { ...life, peakBytesPerSecond: Math.max(life.peakBytesPerSecond, whole) },
    },
    {
      who: CONTROL_PLANE,
      what: state === 'passed' ? 'the probe passed' : 'the probe asks whether to go on',
      why: [...found.problems, probeWords(found)].join(' '),
    },
    now,
  )
}

/**
 * Notes that a later end is wanted. The end in force stays until the kill schedules and the tags have moved; then the
 * reconciler puts the new one, and its budget, in force. @throws WrongPhase
 */
export const extending = (record: ExperimentRecord, extension: Extension, now: Date): ExperimentRecord => {
  const { phase } = record.experiment
  if (!mayExtend(phase)) throw new WrongPhase(phase, `an experiment that is ${phase} cannot be extended`)
  const { by, reason, endAt } = extension
  return audited(
    record,
    { ...record, life: { ...record.life, extension } },
    { who: by, what: `extending to ${endAt}`, why: reason },
    now,
  )
}

/** The same where a second person must approve it: until then nothing moves. @throws WrongPhase */
export const proposing = (record: ExperimentRecord, proposed: Extension, now: Date): ExperimentRecord => {
  const { phase } = record.experiment
  if (!mayExtend(phase)) throw new WrongPhase(phase, `an experiment that is ${phase} cannot be extended`)
  if (isStartAwaited(record.experiment.approval))
    throw new WrongPhase(phase, 'its start waits for approval: extend it when it has that')
  const { by, reason, endAt } = proposed
  const after = {
    experiment: { ...record.experiment, approval: asked(['extending'], by, reason) },
    life: { ...record.life, proposed },
  }
  return audited(record, after, { who: by, what: `asking to extend to ${endAt}`, why: reason }, now)
}

/** What waited for a second person may go on. @throws WrongPhase when nothing waits */
export const approved = (
  record: ExperimentRecord,
  { by, reason, now }: { by: string; reason: string; now: Date },
): ExperimentRecord => {
  const { approval, phase } = record.experiment
  if (approval === null || !isAwaited(approval) || phase === 'draining' || phase === 'ended')
    throw new WrongPhase(phase, 'nothing of it waits for approval')
  const { proposed } = record.life
  const after = {
    experiment: {
      ...record.experiment,
      approval: { ...approval, by, reason, at: now.toISOString() },
      ...(phase === 'scheduled' && { reason: null }),
    },
    life: { ...record.life, ...(proposed && { extension: proposed, proposed: null }) },
  }
  return audited(record, after, { who: by, what: `approved: ${approval.for.join(', ')}`, why: reason }, now)
}

/** What the trail’s entries of a pre-notice, and of a new stage, say. */
export const ANNOUNCED = 'announced'
export const STAGE_BEGINS = 'stage '

/** The pre-notice has been taken: from here on the start waits for its time only. */
export const announced = (
  record: ExperimentRecord,
  { at, enis, notBefore }: Readonly<{ at: string; enis: number; notBefore: string }>,
  now: Date,
): ExperimentRecord => {
  const reason = `Announced at ${at}: no mirror session is made before ${notBefore}.`
  return audited(
    record,
    { experiment: { ...record.experiment, reason }, life: { ...record.life, announcedAt: at } },
    { who: CONTROL_PLANE, what: ANNOUNCED, why: `${enis} network interfaces, not before ${notBefore}.` },
    now,
  )
}

/** Goes on to the next stage of the ramp. */
export const promoted = (record: ExperimentRecord, index: number, now: Date): ExperimentRecord => {
  const stages = record.experiment.spec.ramp?.stages ?? []
  const { sources = 100, requests = 100 } = stages[index] ?? {}
  return audited(
    record,
    { ...record, life: { ...record.life, stage: { index, since: null }, verdict: null } },
    {
      who: CONTROL_PLANE,
      what: `${STAGE_BEGINS}${index + 1} of ${stages.length}`,
      why: `${sources} % of the sources, ${requests} % of the requests.`,
    },
    now,
  )
}

/** Puts the extension in force. */
export const extended = (record: ExperimentRecord, now: Date): ExperimentRecord => {
  const { extension } = record.life
  if (!extension) return record
  const { endAt, budgetUsd, by, reason } = extension
  const spec = { ...record.experiment.spec, budgetUsd }
  return audited(
    record,
    { experiment: { ...record.experiment, endAt, spec }, life: { ...record.life, extension: null } },
    { who: by, what: `extended to ${endAt}`, why: reason },
    now,
  )
}
