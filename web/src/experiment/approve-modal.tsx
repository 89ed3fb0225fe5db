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

/** A second person’s word, with a reason, for what waits: by the revision that is on the page. */
export const ApproveModal = ({ experiment, visible, onClose }: Props) => {
  const { id, revision, approval } = experiment
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const approve = useMutation({
    mutationFn: () =>
      call('approveExperiment', {
        params: { id },
        query: {},
        body: { reason: reason.trim(), ifRevision: revision },
      }),
    onSuccess: (approved) => {
      client.setQueryData(experimentQuery(id).queryKey, approved)
      void client.invalidateQueries({ queryKey: ['experiments'] })
      close()
    },
  })
  const close = () => {
    setReason('')
    approve.reset()
    onClose()
  }
  return (
    <Modal
      visible={visible}
      onDismiss={close}
      header="Approve this experiment"
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button
              variant="primary"
              loading={approve.isPending}
              disabled={reason.trim() === ''}
              onClick={() => approve.mutate()}
            >
              Approve
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <div>
          {approval?.askedBy} asks for {approval?.for.join(', ')}. It goes on as soon as you approve it, and
          your name and reason stay in the audit trail.
        </div>
        {approval?.askedReason && (
          <FormField label="Why it is asked for">
            <div className="asked-reason">{approval.askedReason}</div>
          </FormField>
        )}
        <FormField label="Reason">
          <Input value={reason} onChange={({ detail }) => setReason(detail.value)} />
        </FormField>
        {approve.error && <Trouble error={approve.error} what="It was not approved" />}
      </SpaceBetween>
    </Modal>
  )
}
