import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { FieldProps } from './field-props.ts'

/** Whose money it is, and why it is spent. */
export const OwnerFields = ({ form, errors, set, leave }: FieldProps) => (
  <SpaceBetween size="l">
    <FormField
      label="Owner"
      description="Whose month it is paid from, such as a team. You, when empty."
      errorText={errors.owner}
    >
      <div className="short-field">
        <Input
          name="owner"
          value={form.owner}
          onChange={({ detail }) => set({ owner: detail.value })}
          onBlur={() => leave('owner')}
        />
      </div>
    </FormField>
    <FormField
      label="Why (optional)"
      description="Kept in the audit trail and the evidence. Needed where a second person has to approve it."
      errorText={errors.reason}
      stretch
    >
      <Input
        name="reason"
        value={form.reason}
        onChange={({ detail }) => set({ reason: detail.value })}
        onBlur={() => leave('reason')}
      />
    </FormField>
  </SpaceBetween>
)
