import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQueryClient } from '@tanstack/react-query'
import type { Experiment } from '../../../contract/experiment.ts'
import { call } from '../client.ts'
import { dollars } from '../format.ts'
import { experimentQuery } from '../queries.ts'
import { ReasonModal } from './reason-modal.tsx'

type Props = Readonly<{
  experiment: Experiment
  how: 'stop' | 'kill'
  visible: boolean
  onClose: () => void
}>

const HOW = {
  stop: {
    operation: 'stopExperiment',
    header: 'Stop this experiment?',
    effect:
      'Mirroring ends within seconds. The gateways finish what they already have, then every mirror session is deleted.',
    yes: 'Stop it now',
  },
  kill: {
    operation: 'killExperiment',
    header: 'End this experiment at once?',
    effect:
      'Mirroring ends within seconds, every mirror session is deleted, and what the gateways have in flight is dropped. Its last counts may be missing.',
    yes: 'End it at once',
  },
} as const

export const StopModal = ({ experiment: { id, spend }, how, visible, onClose }: Props) => {
  const { operation, header, effect, yes } = HOW[how]
  const client = useQueryClient()
  return (
    <ReasonModal
      header={header}
      optional
      kept="Kept with the experiment."
      no="Let it run"
      yes={yes}
      failed="It was not stopped"
      act={(reason) => call(operation, { params: { id }, query: {}, body: reason === '' ? {} : { reason } })}
      onDone={(stopped) => {
        client.setQueryData(experimentQuery(id).queryKey, stopped)
        void client.invalidateQueries({ queryKey: ['experiments'] })
      }}
      visible={visible}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <div>{effect} A stopped experiment cannot go on; start a new one instead.</div>
        <div>
          Spent so far: <b>{dollars(spend.totalUsd)}</b> ({spend.basis}). Hours that have begun are paid in
          full.
        </div>
      </SpaceBetween>
    </ReasonModal>
  )
}
