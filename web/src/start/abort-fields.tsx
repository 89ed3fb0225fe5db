import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { DEFAULT_ABORT_RULES } from '../../../contract/abort.ts'
import type { FieldProps } from './field-props.ts'

const FIELDS = {
  'shadow-errors': {
    label: 'The shadow fails (percent of requests)',
    description: 'Answered with 5xx or not at all, over 2 minutes, 100 requests at least.',
  },
  'skipped-mirroring': {
    label: 'Sources skip mirroring (percent of bytes)',
    description: 'They do when production’s own traffic needs the network. Over 10 minutes.',
  },
  'production-cpu': {
    label: 'A source instance is busy (percent of its CPU)',
    description: 'The busiest one, over 10 minutes.',
  },
} as const

/** Harm that ends an experiment by itself. */
export const AbortFields = ({ form, errors, set, leave }: FieldProps) => (
  <SpaceBetween size="l">
    {DEFAULT_ABORT_RULES.map(({ watch }) => (
      <FormField
        key={watch}
        label={FIELDS[watch].label}
        description={FIELDS[watch].description}
        errorText={wrong(form.abort[watch]) ? errors.abort : undefined}
        constraintText={form.abort[watch].trim() === '' ? 'Not watched.' : undefined}
      >
        <div className="short-field">
          <Input
            name={watch}
            type="number"
            inputMode="decimal"
            placeholder="off"
            value={form.abort[watch]}
            onChange={({ detail }) => set({ abort: { ...form.abort, [watch]: detail.value } })}
            onBlur={() => leave('abort')}
          />
        </div>
      </FormField>
    ))}
  </SpaceBetween>
)

const wrong = (typed: string): boolean => {
  const percent = Number(typed)
  return !(percent >= 0 && percent <= 100)
}
