import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import { call } from '../client.ts'
import { dollars } from '../format.ts'
import { experimentQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'

type Props = Readonly<{ experiment: Experiment; visible: boolean; onClose: () => void }>

export const StopModal = ({ experiment, visible, onClose }: Props) => {
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const stop = useMutation({
    mutationFn: () => {
      const given = reason.trim()
      const body = given === '' ? {} : { reason: given }
      return call('stopExperiment', { params: { id: experiment.id }, query: {}, body })
    },
    onSuccess: (stopped) => {
      client.setQueryData(experimentQuery(experiment.id).queryKey, stopped)
      void client.invalidateQueries({ queryKey: ['experiments'] })
      close()
    },
  })
  const close = () => {
    setReason('')
    stop.reset()
    onClose()
  }
  const { spend } = experiment

  return (
    <Modal
      visible={visible}
      onDismiss={close}
      header="Stop this experiment?"
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Let it run
            </Button>
            <Button variant="primary" loading={stop.isPending} onClick={() => stop.mutate()}>
              Stop it now
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <div>
          Mirroring ends within seconds. The gateways finish what they already have, then every mirror session
          is deleted. A stopped experiment cannot go on; start a new one instead.
        </div>
        <div>
          Spent so far: <b>{dollars(spend.totalUsd)}</b> ({spend.basis}). Hours that have begun are paid in
          full.
        </div>
        <FormField label="Reason (optional)" description="Kept with the experiment.">
          <Textarea
            value={reason}
            rows={2}
            onChange={({ detail }) => setReason(detail.value.slice(0, 500))}
            placeholder="For example: found the bug"
          />
        </FormField>
        {stop.error && <Trouble error={stop.error} what="It was not stopped" />}
      </SpaceBetween>
    </Modal>
  )
}
