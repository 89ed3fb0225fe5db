import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { EndpointFields } from './endpoint-fields.tsx'
import type { FieldProps } from './field-props.ts'

export const CompareFields = ({ form, errors, set, leave }: FieldProps) => (
  <SpaceBetween size="l">
    <EndpointFields {...{ form, errors, set, leave }} />
    <FormField
      label="Data copied at (optional)"
      description="When the shadow’s data was copied from production’s. What differs because production’s is newer is shown as drift and fails nothing."
      errorText={errors.snapshotAt}
    >
      <div className="short-field">
        <Input
          name="snapshotAt"
          value={form.snapshotAt}
          placeholder="2026-11-24 14:00"
          onChange={({ detail }) => set({ snapshotAt: detail.value })}
          onBlur={() => leave('snapshotAt')}
        />
      </div>
    </FormField>
  </SpaceBetween>
)
