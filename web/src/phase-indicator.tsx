import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { Experiment } from '../../contract/experiment.ts'
import { OUTCOME, PHASE } from './words.ts'

type Shown = Pick<Experiment, 'phase' | 'outcome'> & Partial<Pick<Experiment, 'pausedSince'>>

export const phaseWords = ({ phase, outcome, pausedSince = null }: Shown): string => {
  if (pausedSince !== null) return 'Paused'
  if (phase === 'ended') return outcome === null ? 'Ended' : OUTCOME[outcome].label
  const { label } = PHASE[phase]
  return outcome === null ? label : `${label} (${OUTCOME[outcome].label.toLowerCase()})`
}

export const PhaseIndicator = (experiment: Shown) => {
  const { phase, outcome, pausedSince = null } = experiment
  if (pausedSince !== null) return <StatusIndicator type="stopped">{phaseWords(experiment)}</StatusIndicator>
  if (phase === 'mirroring')
    return (
      <span className="mirroring">
        <span className="pulse" aria-hidden="true" />
        {phaseWords(experiment)}
      </span>
    )
  const type =
    phase !== 'ended' ? PHASE[phase].status : outcome === null ? 'stopped' : OUTCOME[outcome].status
  return <StatusIndicator type={type}>{phaseWords(experiment)}</StatusIndicator>
}
