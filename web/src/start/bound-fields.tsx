import DatePicker from '@cloudscape-design/components/date-picker'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TimeInput from '@cloudscape-design/components/time-input'
import type { FieldProps } from './field-props.ts'
import { type FormValues, UNIT_SECONDS } from './form.ts'

const UNITS = Object.keys(UNIT_SECONDS).map((value) => ({ value, label: value }))
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** What no experiment goes without: an end and a budget. */
export const BoundFields = ({ form, errors, set, leave }: FieldProps) => (
  <SpaceBetween size="l">
    <FormField label="Start" errorText={form.start === 'later' ? undefined : errors.startAt}>
      <RadioGroup
        value={form.start}
        onChange={({ detail }) => set({ start: detail.value as FormValues['start'] })}
        items={[
          { value: 'now', label: 'Now' },
          { value: 'later', label: 'At a time' },
        ]}
      />
    </FormField>
    {form.start === 'later' && (
      <FormField label="Date and time" description={`In your time zone, ${zone}.`} errorText={errors.startAt}>
        <div className="inline-fields">
          <DatePicker
            value={form.date}
            placeholder="YYYY/MM/DD"
            onChange={({ detail }) => set({ date: detail.value })}
            onBlur={() => leave('startAt')}
            openCalendarAriaLabel={(date) => `Choose a date${date ? `, chosen: ${date}` : ''}`}
          />
          <TimeInput
            value={form.time}
            format="hh:mm"
            placeholder="hh:mm"
            ariaLabel="Time of start"
            onChange={({ detail }) => set({ time: detail.value })}
            onBlur={() => leave('startAt')}
          />
        </div>
      </FormField>
    )}
    <FormField
      label="Duration"
      description="It ends by itself after this. A session-hour that begins is paid in full."
      errorText={errors.duration}
    >
      <div className="inline-fields">
        <div className="short-field">
          <Input
            name="duration"
            type="number"
            inputMode="decimal"
            value={form.amount}
            onChange={({ detail }) => set({ amount: detail.value })}
            onBlur={() => leave('duration')}
          />
        </div>
        <Select
          ariaLabel="Unit of the duration"
          selectedOption={{ value: form.unit, label: form.unit }}
          options={UNITS}
          onChange={({ detail }) => set({ unit: detail.selectedOption.value as FormValues['unit'] })}
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
