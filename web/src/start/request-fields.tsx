import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Effect } from './effect.tsx'
import type { FieldProps } from './field-props.ts'
import type { FormValues } from './form.ts'
import { WriteFields } from './write-fields.tsx'

const HOPS = [
  {
    value: 'once',
    label: 'Goes once, where it is proven',
    description:
      'By the same trace or request id, method, target and body within seconds. Gateway tasks ask each other: what comes from a source may go a quarter of a second later.',
  },
  {
    value: 'outer',
    label: 'Goes once, from outside only',
    description:
      'What a source asks another is left out, whoever reads it. Not for sources that ask others something of their own.',
  },
  { value: 'each', label: 'Goes each time', description: 'All copies.' },
] as const satisfies readonly { value: FormValues['hops']; label: string; description: string }[]

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
    <FormField
      label="A request that one source hands on to another"
      description="Where several sources are mirrored, such as a proxy and the service behind it, it is seen on each of them."
      errorText={errors.hops}
    >
      <RadioGroup
        value={form.hops}
        onChange={({ detail }) => set({ hops: detail.value as FormValues['hops'] })}
        items={HOPS}
      />
    </FormField>
  </SpaceBetween>
)
