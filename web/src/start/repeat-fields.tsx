import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import { call } from '../client.ts'
import { dateTime } from '../format.ts'
import { Trouble } from '../trouble.tsx'
import { type FormValues, toSchedule } from './form.ts'
import { useSettled } from './use-settled.ts'

type Props = Readonly<{
  form: FormValues
  spec: ExperimentSpecInput | null
  set: (change: Partial<FormValues>) => void
}>

/** When windows open again and again, and which ten come next. */
export const RepeatFields = ({ form, spec, set }: Props) => (
  <SpaceBetween size="m">
    <FormField
      label="Cron expression"
      description="Minutes, hours, day of month, month, day of week, year; one of the two day fields is ?."
      constraintText="0 14 ? * TUE * is every Tuesday at 14:00."
    >
      <Input name="cron" value={form.cron} onChange={({ detail }) => set({ cron: detail.value })} />
    </FormField>
    <FormField label="Time zone" description="Its clock decides, daylight saving included.">
      <Input
        name="timeZone"
        value={form.timeZone}
        onChange={({ detail }) => set({ timeZone: detail.value })}
      />
    </FormField>
    <FormField label="Never on these dates (optional)" description="Separated by commas, as 2026-12-24.">
      <Input
        name="blackoutDates"
        value={form.blackoutDates}
        onChange={({ detail }) => set({ blackoutDates: detail.value })}
      />
    </FormField>
    {spec && <NextWindows form={form} spec={spec} />}
  </SpaceBetween>
)

const NextWindows = ({ form, spec }: { form: FormValues; spec: ExperimentSpecInput }) => {
  const settled = useSettled(JSON.stringify(toSchedule(form, spec)))
  const { data, error } = useQuery({
    queryKey: ['schedule-preview', settled],
    queryFn: ({ signal }) =>
      call('previewSchedule', { params: {}, query: {}, body: JSON.parse(settled) }, { signal }),
    placeholderData: keepPreviousData,
    retry: false,
  })
  if (error) return <Trouble error={error} what="There are no such windows" />
  return data ? <Windows at={data.next} label="Next windows, in your time zone" /> : null
}

export const Windows = ({ at, label }: { at: readonly string[]; label: string }) => (
  <div>
    <div className="field-note">{label}</div>
    <ol className="windows" aria-label={label}>
      {at.map((start) => (
        <li key={start}>{dateTime(start)}</li>
      ))}
    </ol>
  </div>
)
