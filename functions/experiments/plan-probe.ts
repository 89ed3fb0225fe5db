import { probeWords } from '../../contract/probe.ts'
import type { Action } from './actions.ts'
import type { View } from './observed.ts'
import type { ExperimentRecord } from './record.ts'

/**
 * The probe’s next step: its time begins when all of its sources mirror, and when it has found something it passes, asks
 * or ends the experiment.
 */
export const probeSteps = ({ record }: View, inForce: boolean, now: Date): Action[] => {
  const { probe, pausedSince, spec } = record.experiment
  if (probe === null || probe.state !== 'probing') return []
  const from = (since: string | null): Action => ({
    kind: 'write-record',
    experiment: { probe: { ...probe, since, found: null } },
  })
  // A pause is no part of it: it begins anew.
  if (pausedSince !== null) return probe.since === null ? [] : [from(null)]
  if (probe.since === null) return inForce ? [from(now.toISOString())] : []
  if (probe.found === null) return []
  if (spec.probe?.after === 'ask') return [{ kind: 'write-record', probed: 'asking' }]
  const { problems } = probe.found
  return [
    problems.length === 0
      ? { kind: 'write-record', probed: 'passed' }
      : {
          kind: 'write-record',
          enter: {
            phase: 'draining',
            outcome: 'failed',
            reason: `The probe found a problem. ${problems.join(' ')} ${probeWords(probe.found)}`,
          },
        },
  ]
}

/** What people should know of a probe while it lasts; null without one, or after it. */
export const probeReason = ({ experiment }: Pick<ExperimentRecord, 'experiment'>): string | null => {
  const { probe } = experiment
  if (probe === null || probe.state === 'passed') return null
  if (probe.state === 'probing')
    return probe.since === null
      ? 'The probe is being brought about: one source in each zone.'
      : `The probe measures one source in each zone since ${probe.since.slice(11, 19)} UTC.`
  if (probe.found === null) return null
  const found =
    probe.found.problems.length > 0 ? `It found a problem. ${probe.found.problems.join(' ')} ` : ''
  return `The probe is over and nothing is mirrored: resume it to go on, or stop it. ${found}${probeWords(probe.found)}`
}

/** An experiment that ends before its probe has been over, or answered. */
export const endedInProbe = ({ experiment }: ExperimentRecord): string | null => {
  if (experiment.probe === null || experiment.probe.state === 'passed') return null
  return experiment.probe.state === 'asking'
    ? 'Its window ended before anybody said whether to go on after the probe.'
    : 'Its window ended before the probe was over.'
}
