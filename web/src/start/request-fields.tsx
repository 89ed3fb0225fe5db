import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Effect } from './effect.tsx'
import type { FieldProps } from './field-props.ts'
import { WriteFields } from './write-fields.tsx'

export const RequestFields = ({ form, errors, set, leave }: FieldProps) => (
  <SpaceBetween size="l">
    <FormField
      label="Share of requests (percent)"
      errorText={errors.percent}
      constraintText={
        <Effect on="shadow">
          It protects the shadow, not the bill: everything is copied and paid for, then left out by the
          gateway.
        </Effect>
      }
    >
      <div className="short-field">
        <Input
          name="percent"
          type="number"
          inputMode="decimal"
          value={form.percent}
          onChange={({ detail }) => set({ percent: detail.value })}
          onBlur={() => leave('percent')}
        />
      </div>
    </FormField>
    <WriteFields {...{ form, errors, set, leave }} />
  </SpaceBetween>
)
