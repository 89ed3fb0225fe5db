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
    button: 'Stop it now',
  },
  kill: {
    operation: 'killExperiment',
    header: 'End this experiment at once?',
    effect:
      'Mirroring ends within seconds, every mirror session is deleted, and what the gateways have in flight is dropped. Its last counts may be missing.',
    button: 'End it at once',
  },
} as const

export const StopModal = ({ experiment, how, visible, onClose }: Props) => {
  const { operation, header, effect, button } = HOW[how]
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const stop = useMutation({
    mutationFn: () => {
      const given = reason.trim()
      const body = given === '' ? {} : { reason: given }
      return call(operation, { params: { id: experiment.id }, query: {}, body })
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
      header={header}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Let it run
            </Button>
            <Button variant="primary" loading={stop.isPending} onClick={() => stop.mutate()}>
              {button}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <div>{effect} A stopped experiment cannot go on; start a new one instead.</div>
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
