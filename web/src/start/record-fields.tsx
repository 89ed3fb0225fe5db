import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { FieldProps } from './field-props.ts'

const LIMITS = [
  { field: 'recordUpTo', label: 'Up to (MB)' },
  { field: 'recordFor', label: 'For the first (minutes)' },
] as const

/** What is kept of the requests themselves: nothing, until it is asked for. */
export const RecordFields = ({ form, errors, set, leave }: FieldProps) => (
  <FormField
    label="Records"
    description="Forwarded requests with their answers, after redaction: encrypted, and deleted after days. Approvers read them, and every reading is in the history."
    errorText={errors.record}
    stretch
  >
    <SpaceBetween size="xs">
      <Checkbox
        checked={form.record}
        onChange={({ detail }) => {
          set({ record: detail.checked })
          leave('record')
        }}
      >
        Record what is forwarded
      </Checkbox>
      {form.record && (
        <div className="inline-fields">
          {LIMITS.map(({ field, label }) => (
            <FormField key={field} label={label}>
              <div className="short-field">
                <Input
                  type="number"
                  inputMode="decimal"
                  value={form[field]}
                  onChange={({ detail }) => set({ [field]: detail.value })}
                />
              </div>
            </FormField>
          ))}
        </div>
      )}
    </SpaceBetween>
  </FormField>
)
