import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Effect } from './effect.tsx'
import type { FieldProps } from './field-props.ts'
import { WriteFields } from './write-fields.tsx'

export const ShadowFields = ({ form, errors, set, leave }: FieldProps) => (
  <SpaceBetween size="l">
    <FormField
      label="Shadow address"
      description="Where the release under test listens. Never production itself."
      errorText={errors.url}
    >
      <Input
        name="url"
        type="url"
        value={form.url}
        placeholder="http://10.0.9.12:8080"
        onChange={({ detail }) => set({ url: detail.value })}
        onBlur={() => leave('url')}
      />
    </FormField>
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
    <WriteFields {...{ form, errors, set, leave }} />
  </SpaceBetween>
)
