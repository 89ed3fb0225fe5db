import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { FieldProps } from './field-props.ts'

export const PortField = ({ form, errors, set, leave }: FieldProps) => (
  <FormField
    label="Service ports"
    description="Where the sources listen, separated by commas. HTTP without TLS."
    errorText={errors.ports}
  >
    <SpaceBetween size="xs">
      <Input
        name="ports"
        value={form.ports}
        disabled={form.everyPort}
        onChange={({ detail }) => set({ ports: detail.value })}
        onBlur={() => leave('ports')}
        inputMode="numeric"
      />
      <Checkbox checked={form.everyPort} onChange={({ detail }) => set({ everyPort: detail.checked })}>
        Every TCP port: all that the sources receive is copied and paid for
      </Checkbox>
    </SpaceBetween>
  </FormField>
)
