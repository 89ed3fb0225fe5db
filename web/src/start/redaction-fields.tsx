import FormField from '@cloudscape-design/components/form-field'
import Multiselect from '@cloudscape-design/components/multiselect'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { REGIONS, type Region } from '../../../contract/redaction.ts'
import type { FieldProps } from './field-props.ts'
import type { FormValues } from './form.ts'

const REGION_LABELS: Readonly<Record<Region, string>> = {
  br: 'Brazil (CPF)',
  de: 'Germany (Steuer-ID)',
  es: 'Spain (DNI, NIE)',
  fr: 'France (NIR)',
  gb: 'United Kingdom (National Insurance number)',
  us: 'United States (SSN)',
}

const MODES = [
  {
    value: 'pseudonymise',
    label: 'Pseudonyms',
    description:
      'The same value becomes the same other one throughout the experiment: sessions and joins still work.',
  },
  { value: 'mask', label: 'Masks', description: 'Values of one shape all become the same.' },
  { value: 'remove', label: 'Nothing', description: 'They are left out.' },
  {
    value: 'off',
    label: 'As they are',
    description: 'Production’s credentials and personal data go to the shadow. Kept in the evidence.',
  },
] as const satisfies readonly { value: FormValues['redaction']; label: string; description: string }[]

/** What stands in the place of credentials and personal data; rules by endpoint and field are the API’s and the CLI’s. */
export const RedactionFields = ({ form, errors, set }: Pick<FieldProps, 'form' | 'errors' | 'set'>) => (
  <SpaceBetween size="l">
    <FormField
      label="Instead of credentials and personal data"
      description="Replaced in the gateway, before anything is sent, compared or kept."
      errorText={errors.redaction}
    >
      <RadioGroup
        value={form.redaction}
        onChange={({ detail }) => set({ redaction: detail.value as FormValues['redaction'] })}
        items={MODES}
      />
    </FormField>
    <FormField label="National ids that are looked for">
      <Multiselect
        selectedOptions={form.regions.map((value) => ({ value, label: REGION_LABELS[value] }))}
        options={REGIONS.map((value) => ({ value, label: REGION_LABELS[value] }))}
        placeholder="None"
        onChange={({ detail }) =>
          set({ regions: detail.selectedOptions.map(({ value }) => value as Region) })
        }
      />
    </FormField>
  </SpaceBetween>
)
