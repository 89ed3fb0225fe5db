import DateInput from '@cloudscape-design/components/date-input'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TimeInput from '@cloudscape-design/components/time-input'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import type { FieldProps } from './field-props.ts'
import { type FormValues, UNIT_SECONDS } from './form.ts'
import { RepeatFields } from './repeat-fields.tsx'

const UNITS = Object.keys(UNIT_SECONDS).map((value) => ({ value, label: value }))
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** What no experiment goes without: an end and a budget. */
export const BoundFields = ({
  form,
  errors,
  set,
  leave,
  spec,
}: FieldProps & Readonly<{ spec: ExperimentSpecInput | null }>) => (
  <SpaceBetween size="l">
    <FormField label="Start" errorText={form.start === 'later' ? undefined : errors.startAt}>
      <RadioGroup
        direction="horizontal"
        value={form.start}
        onChange={({ detail }) =>
          set({ start: detail.value as FormValues['start'], date: form.date || localDate(new Date()) })
        }
        items={[
          { value: 'now', label: 'Now' },
          { value: 'later', label: 'At a time' },
          { value: 'repeat', label: 'Again and again' },
        ]}
      />
    </FormField>
    {form.start === 'later' && (
      <div>
        <div className="inline-fields">
          <FormField label="Date" errorText={errors.startAt}>
            <DateInput
              value={form.date}
              format="slashed"
              placeholder="YYYY/MM/DD"
              onChange={({ detail }) => set({ date: detail.value })}
              onBlur={() => leave('startAt')}
            />
          </FormField>
          <FormField label="Time">
            <TimeInput
              value={form.time}
              format="hh:mm"
              placeholder="hh:mm"
              onChange={({ detail }) => set({ time: detail.value })}
              onBlur={() => leave('startAt')}
            />
          </FormField>
        </div>
        <div className="field-note">In your time zone, {zone}.</div>
      </div>
    )}
    {form.start === 'repeat' && <RepeatFields form={form} spec={spec} set={set} />}
    <div>
      <div className="inline-fields">
        <FormField label="Duration" errorText={errors.duration}>
          <Input
            name="duration"
            type="number"
            inputMode="decimal"
            value={form.amount}
            onChange={({ detail }) => set({ amount: detail.value })}
            onBlur={() => leave('duration')}
          />
        </FormField>
        <FormField label="Unit">
          <Select
            selectedOption={{ value: form.unit, label: form.unit }}
            options={UNITS}
            onChange={({ detail }) => set({ unit: detail.selectedOption.value as FormValues['unit'] })}
          />
        </FormField>
      </div>
      <div className="field-note">
        It ends by itself after this. A session-hour that begins is paid in full.
      </div>
    </div>
    <FormField
      label="Pre-notice (minutes)"
      description="So long before the first mirror session security teams are told of it. As the deployment has it, when empty."
      errorText={errors.preNotice}
    >
      <div className="short-field">
        <Input
          name="preNotice"
          type="number"
          inputMode="decimal"
          value={form.preNotice}
          onChange={({ detail }) => set({ preNotice: detail.value })}
          onBlur={() => leave('preNotice')}
        />
      </div>
    </FormField>
    <FormField
      label="Budget (US dollars)"
      description="It ends before its spend passes this."
      errorText={errors.budgetUsd}
    >
      <div className="short-field">
        <Input
          name="budgetUsd"
          type="number"
          inputMode="decimal"
          value={form.budgetUsd}
          onChange={({ detail }) => set({ budgetUsd: detail.value })}
          onBlur={() => leave('budgetUsd')}
        />
      </div>
    </FormField>
  </SpaceBetween>
)

const localDate = (at: Date): string =>
  [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('/')
