import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { WindowSchedule } from '../../../contract/window-schedule.ts'
import { call } from '../client.ts'
import { schedulesQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'

type Props = Readonly<{ schedule: WindowSchedule; onDone: () => void }>

/** When its windows open from now on; refused when somebody else has changed it since it was read. */
export const EditSchedule = ({ schedule: { id, spec, revision }, onDone }: Props) => {
  const client = useQueryClient()
  const [cron, setCron] = useState(spec.cron)
  const [timeZone, setTimeZone] = useState(spec.timeZone)
  const [dates, setDates] = useState(spec.blackoutDates.join(', '))
  const [reason, setReason] = useState('')
  const save = useMutation({
    mutationFn: () =>
      call('changeSchedule', {
        params: { id },
        query: {},
        body: {
          cron,
          timeZone: timeZone.trim(),
          blackoutDates: dates.split(/[\s,]+/).filter((date) => date !== ''),
          ifRevision: revision,
          ...(reason.trim() !== '' && { reason }),
        },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: schedulesQuery.queryKey })
      onDone()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit}>
      <SpaceBetween size="m">
        {save.error && <Trouble error={save.error} what="It was not changed" />}
        <FormField
          label="Cron expression"
          description="Minutes, hours, day of month, month, day of week, year; one of the two day fields is ?."
        >
          <Input name="cron" value={cron} onChange={({ detail }) => setCron(detail.value)} />
        </FormField>
        <FormField label="Time zone">
          <Input name="timeZone" value={timeZone} onChange={({ detail }) => setTimeZone(detail.value)} />
        </FormField>
        <FormField label="Never on these dates" description="Separated by commas, as 2026-12-24.">
          <Input name="blackoutDates" value={dates} onChange={({ detail }) => setDates(detail.value)} />
        </FormField>
        <FormField label="Reason" description="Kept in the audit trail.">
          <Input name="reason" value={reason} onChange={({ detail }) => setReason(detail.value)} />
        </FormField>
        <SpaceBetween direction="horizontal" size="xs">
          <Button formAction="submit" loading={save.isPending}>
            Save
          </Button>
          <Button formAction="none" onClick={onDone}>
            Cancel
          </Button>
        </SpaceBetween>
      </SpaceBetween>
    </form>
  )
}
