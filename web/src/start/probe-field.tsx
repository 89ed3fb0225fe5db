import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import type { FieldProps } from './field-props.ts'
import type { FormValues } from './form.ts'

/** One source in each zone before everything else. */
export const ProbeField = ({ form, errors, set }: FieldProps) => (
  <FormField
    label="Probe first"
    description="One source in each zone for a minute: it proves the way to the shadow and measures what all will cost."
    errorText={errors.probe}
    stretch
  >
    <RadioGroup
      value={form.probe}
      onChange={({ detail }) => set({ probe: detail.value as FormValues['probe'] })}
      items={[
        { value: 'none', label: 'No' },
        {
          value: 'go-on',
          label: 'Yes, then go on',
          description: 'It ends as failed when the probe finds a problem.',
        },
        {
          value: 'ask',
          label: 'Yes, then ask',
          description: 'It is paused with what was found until somebody resumes or stops it.',
        },
      ]}
    />
  </FormField>
)
