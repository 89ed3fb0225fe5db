import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Effect } from './effect.tsx'
import type { FieldProps } from './field-props.ts'
import type { FormValues } from './form.ts'

export const PacketFields = ({ form, errors, set, leave }: FieldProps) => (
  <SpaceBetween size="l">
    <FormField
      label="Client ranges"
      description="Only requests from these addresses; 0.0.0.0/0 is every IPv4 client, ::/0 every IPv6 one."
      errorText={errors.clientCidrs}
      constraintText={<Effect on="bill">A narrower filter (ports, ranges) copies fewer bytes.</Effect>}
    >
      <Input
        name="clientCidrs"
        value={form.clientCidrs}
        onChange={({ detail }) => set({ clientCidrs: detail.value })}
        onBlur={() => leave('clientCidrs')}
      />
    </FormField>
    <FormField
      label="Directions"
      errorText={errors.directions}
      constraintText={<Effect on="bill">Requests alone are usually the smaller part of the bytes.</Effect>}
    >
      <RadioGroup
        value={form.directions}
        onChange={({ detail }) => set({ directions: detail.value as FormValues['directions'] })}
        items={[
          {
            value: 'requests',
            label: 'Requests only',
            description: 'What clients send: enough to feed the shadow.',
          },
          {
            value: 'both',
            label: 'Requests and responses',
            description: 'Production’s answers too, at about the price of their bytes.',
          },
        ]}
      />
    </FormField>
    <FormField
      label="Packet length (bytes, optional)"
      description="Keep only the first bytes of each packet, 35 to 8500."
      errorText={errors.packetLength}
      constraintText={
        <Effect on="bill">
          Shorter packets copy fewer bytes, but cut bodies: such requests are not forwarded.
        </Effect>
      }
    >
      <div className="short-field">
        <Input
          name="packetLength"
          value={form.packetLength}
          placeholder="whole packets"
          inputMode="numeric"
          onChange={({ detail }) => set({ packetLength: detail.value })}
          onBlur={() => leave('packetLength')}
        />
      </div>
    </FormField>
  </SpaceBetween>
)
