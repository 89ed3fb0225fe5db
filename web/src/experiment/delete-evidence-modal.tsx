import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import { call } from '../client.ts'
import { experimentQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'

type Props = Readonly<{ experiment: Experiment; visible: boolean; onClose: () => void }>

/** Nothing brings it back: a reason is asked for first. */
export const DeleteEvidenceModal = ({ experiment: { id }, visible, onClose }: Props) => {
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () =>
      call('deleteEvidence', { params: { id }, query: { reason: reason.trim() }, body: undefined }),
    onSuccess: (experiment) => client.setQueryData(experimentQuery(id).queryKey, experiment),
  })
  const close = () => {
    setReason('')
    remove.reset()
    onClose()
  }
  return (
    <Modal
      visible={visible}
      onDismiss={close}
      header="Delete the evidence of this experiment?"
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Keep it
            </Button>
            <Button
              variant="primary"
              loading={remove.isPending}
              disabled={reason.trim() === ''}
              onClick={() => remove.mutate()}
            >
              Delete it for good
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <div>
          The verdict, the comparison with its examples, the noise, every stored version and what was recorded
          of requests go, for everybody and for good. What was asked for, the ledger and the history stay. An
          admin may do this.
        </div>
        <FormField label="Reason" description="Kept with the experiment and in its history.">
          <Input value={reason} onChange={({ detail }) => setReason(detail.value.slice(0, 500))} />
        </FormField>
        {remove.error && <Trouble error={remove.error} what="It was not deleted" />}
      </SpaceBetween>
    </Modal>
  )
}
