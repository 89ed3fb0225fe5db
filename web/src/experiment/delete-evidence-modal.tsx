import { useQueryClient } from '@tanstack/react-query'
import type { Experiment } from '../../../contract/experiment.ts'
import { call } from '../client.ts'
import { experimentQuery } from '../queries.ts'
import { ReasonModal } from './reason-modal.tsx'

type Props = Readonly<{ experiment: Experiment; visible: boolean; onClose: () => void }>

/** Nothing brings it back: a reason is asked for first. */
export const DeleteEvidenceModal = ({ experiment: { id }, visible, onClose }: Props) => {
  const client = useQueryClient()
  return (
    <ReasonModal
      header="Delete the evidence of this experiment?"
      kept="Kept with the experiment and in its history."
      no="Keep it"
      yes="Delete it for good"
      failed="It was not deleted"
      act={(reason) => call('deleteEvidence', { params: { id }, query: { reason }, body: undefined })}
      onDone={(experiment) => client.setQueryData(experimentQuery(id).queryKey, experiment)}
      visible={visible}
      onClose={onClose}
    >
      The verdict, the comparison with its examples, the noise, every stored version and what was recorded of
      requests go, for everybody and for good. What was asked for, the ledger and the history stay. An admin
      may do this.
    </ReasonModal>
  )
}
