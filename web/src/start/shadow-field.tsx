import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import type { FieldProps } from './field-props.ts'

export const ShadowField = ({ form, errors, set, leave }: FieldProps) => (
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
)
