import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import type { FieldProps } from './field-props.ts'
import type { FormValues } from './form.ts'

const EXCEPTIONS = [
  {
    field: 'reads',
    label: 'POST requests that only read',
    description: 'Such as RPC methods and searches. They go to the shadow; you are believed.',
    placeholder: '/shop.Catalogue/Get*\n/search',
  },
  {
    field: 'graphql',
    label: 'GraphQL endpoints',
    description: 'Queries go to the shadow; mutations and subscriptions are held back as writes.',
    placeholder: '/graphql',
  },
  {
    field: 'allowedWrites',
    label: 'Writes that go all the same',
    description: 'The shadow really performs them.',
    placeholder: 'PUT /carts/*',
  },
] as const

/** What happens to requests that change something, and which are exceptions. */
export const WriteFields = ({ form, errors, set, leave }: FieldProps) => (
  <SpaceBetween size="s">
    <FormField label="Writes" errorText={errors.writes}>
      <RadioGroup
        value={form.writes}
        onChange={({ detail }) => set({ writes: detail.value as FormValues['writes'] })}
        items={[
          {
            value: 'hold',
            label: 'Hold back',
            description:
              'Only GET, HEAD and OPTIONS reach the shadow. Safe when the shadow shares data or calls others.',
          },
          {
            value: 'forward',
            label: 'Forward',
            description:
              'POST, PUT, PATCH and DELETE too. Only for a shadow with data of its own: it really performs them.',
          },
        ]}
      />
    </FormField>
    {form.writes === 'hold' && (
      <ExpandableSection headerText="Exceptions: reads over POST, GraphQL, single writes">
        <SpaceBetween size="m">
          <Box color="text-body-secondary" fontSize="body-s">
            One a line: a path, a method before it if you like. * is any text within a segment, ** any text.
          </Box>
          {EXCEPTIONS.map(({ field, label, description, placeholder }) => (
            <FormField key={field} label={label} description={description} errorText={errors[field]}>
              <Textarea
                name={field}
                rows={2}
                value={form[field]}
                placeholder={placeholder}
                onChange={({ detail }) => set({ [field]: detail.value })}
                onBlur={() => leave(field)}
              />
            </FormField>
          ))}
        </SpaceBetween>
      </ExpandableSection>
    )}
  </SpaceBetween>
)
