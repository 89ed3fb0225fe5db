import type { Experiment, ExperimentSpec, Outcome, Phase } from '../../contract/experiment.ts'
import { zeroLines } from '../../contract/money.ts'
import { zeroRequests } from '../../contract/traffic.ts'
import { type ExperimentRecord, type Extension, newLife } from './record.ts'

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

export const newRecord = (
  spec: ExperimentSpec,
  { id, by, now }: { id: string; by: string; now: Date },
): ExperimentRecord => {
  const createdAt = now.toISOString()
  const startAt = spec.window.startAt ?? createdAt
  return {
    experiment: {
      id,
      version: 0,
      spec,
      phase: 'scheduled',
      outcome: null,
      reason: null,
      createdAt,
      createdBy: by,
      startAt,
      endAt: new Date(Date.parse(startAt) + spec.window.durationSeconds * 1000).toISOString(),
      mirroringSince: null,
      endedAt: null,
      sources: 0,
      gateways: 0,
      spend: { basis: 'metered', totalUsd: 0, lines: zeroLines(), standingUsd: 0 },
      forecastUsd: 0,
      volume: { packets: 0, bytes: 0 },
      usdPerGb: null,
      requests: zeroRequests(),
      meteredAt: null,
    },
    life: newLife(),
  }
}

/** @throws WrongPhase for a step that no life has */
export const enter = (
  record: ExperimentRecord,
  phase: Phase,
  now: Date,
  change: { outcome?: Outcome; reason?: string | null } = {},
): ExperimentRecord => {
  const from = record.experiment.phase
  if (!mayEnter(from, phase)) throw new WrongPhase(from, `an experiment does not go from ${from} to ${phase}`)
  const at = now.toISOString()
  const experiment: Experiment = { ...record.experiment, phase, ...change }
  if (phase === 'preparing') return { experiment, life: { ...record.life, preparingSince: at } }
  if (phase === 'mirroring') return { experiment: { ...experiment, mirroringSince: at }, life: record.life }
  if (phase === 'draining')
    return { experiment, life: { ...record.life, drainingSince: at, extension: null } }
  return { experiment: { ...experiment, endedAt: at }, life: record.life }
}

/** What a user’s stop makes of an experiment. @throws WrongPhase when it is already ending or over */
export const stopped = (
  record: ExperimentRecord,
  { reason, now }: { reason: string; now: Date },
): ExperimentRecord => enter(record, 'draining', now, { outcome: 'stopped', reason })

/**
 * Notes that a later end is wanted. The end in force stays until the kill schedules and the tags have moved; then the
 * reconciler puts the new one, and its budget, in force. @throws WrongPhase
 */
export const extending = (record: ExperimentRecord, extension: Extension): ExperimentRecord => {
  const { phase } = record.experiment
  if (!mayExtend(phase)) throw new WrongPhase(phase, `an experiment that is ${phase} cannot be extended`)
  return { ...record, life: { ...record.life, extension } }
}
