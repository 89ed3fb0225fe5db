import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import { ApiError, call } from '../client.ts'
import { budget, dateTime } from '../format.ts'
import { experimentQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'

type Props = Readonly<{ experiment: Experiment; visible: boolean; onClose: () => void }>

export const ExtendModal = ({ experiment, visible, onClose }: Props) => {
  const [minutes, setMinutes] = useState('10')
  const [newBudget, setNewBudget] = useState('')
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const seconds = Math.round(Number(minutes) * 60)
  const extend = useMutation({
    mutationFn: () => {
      const body = {
        bySeconds: seconds,
        ...(newBudget.trim() !== '' && { budgetUsd: Number(newBudget) }),
        ...(reason.trim() !== '' && { reason: reason.trim() }),
      }
      return call('extendExperiment', { params: { id: experiment.id }, query: {}, body })
    },
    onSuccess: (extended) => {
      client.setQueryData(experimentQuery(experiment.id).queryKey, extended)
      void client.invalidateQueries({ queryKey: ['experiments'] })
      close()
    },
  })
  const close = () => {
    setMinutes('10')
    setNewBudget('')
    setReason('')
    extend.reset()
    onClose()
  }
  const minutesWrong =
    seconds >= 1 && seconds <= 604_800 ? '' : 'More than 0 minutes, at most 10,080 (7 days)'
  const budgetWrong = newBudget.trim() === '' || Number(newBudget) > 0 ? '' : 'A number of dollars above 0'
  const of = (field: string) => errorOf(extend.error, field)

  return (
    <Modal
      visible={visible}
      onDismiss={close}
      header="Extend this experiment"
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button
              variant="primary"
              loading={extend.isPending}
              disabled={minutesWrong !== '' || budgetWrong !== ''}
              onClick={() => extend.mutate()}
            >
              Extend
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <div>
          Its end is {dateTime(experiment.endAt)}, its budget {budget(experiment.spec.budgetUsd)}. If the
          budget does not afford the longer run, it is refused and nothing changes.
        </div>
        <FormField
          label="Longer by (minutes)"
          errorText={minutesWrong || of('body.bySeconds')}
          constraintText={
            minutesWrong === '' &&
            `New end: ${dateTime(new Date(Date.parse(experiment.endAt) + seconds * 1000).toISOString())}. A session-hour that begins is paid in full.`
          }
        >
          <Input
            value={minutes}
            type="number"
            inputMode="decimal"
            onChange={({ detail }) => setMinutes(detail.value)}
          />
        </FormField>
        <FormField
          label="New budget (US dollars, optional)"
          errorText={budgetWrong || of('body.budgetUsd')}
          description="Left empty, the budget stays as it is."
        >
          <Input
            value={newBudget}
            type="number"
            inputMode="decimal"
            placeholder={String(experiment.spec.budgetUsd)}
            onChange={({ detail }) => setNewBudget(detail.value)}
          />
        </FormField>
        <FormField
          label="Reason (optional)"
          errorText={of('body.reason')}
          description="Kept in the audit trail; whoever approves it reads it."
        >
          <Input value={reason} onChange={({ detail }) => setReason(detail.value)} />
        </FormField>
        {extend.error && <Trouble error={extend.error} what="It was not extended" />}
      </SpaceBetween>
    </Modal>
  )
}

const errorOf = (error: Error | null, path: string): string | undefined =>
  error instanceof ApiError ? error.problem?.errors?.find((e) => e.path === path)?.message : undefined
