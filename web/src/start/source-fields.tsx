import Checkbox from '@cloudscape-design/components/checkbox'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import type { SourceBy } from '../../../contract/source.ts'
import { sourcesQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'
import { Effect } from './effect.tsx'
import type { FieldProps } from './field-props.ts'
import { NamedFields } from './named-fields.tsx'
import { SourcePreview } from './source-preview.tsx'
import { KIND_NAMES, KINDS } from './source-spec.ts'
import { SourceTable } from './source-table.tsx'
import { TagFields } from './tag-fields.tsx'

export const SourceFields = ({ form, errors, set, leave }: FieldProps) => {
  const { data, error: trouble, isPending, isFetching, refetch } = useQuery(sourcesQuery)
  const sources = data?.sources ?? []
  const onLeave = () => leave('source')
  return (
    <SpaceBetween size="m">
      <FormField label="Chosen by" description={KINDS[form.by].description}>
        <Select
          selectedOption={{ value: form.by, label: KINDS[form.by].label }}
          onChange={({ detail }) => set({ by: detail.selectedOption.value as SourceBy })}
          options={KIND_NAMES.map((value) => ({
            value,
            label: KINDS[value].label,
            description: KINDS[value].description,
          }))}
        />
      </FormField>
      {trouble && (
        <Trouble
          error={trouble}
          what="The network interfaces could not be listed"
          onRetry={() => void refetch()}
          retrying={isFetching}
        />
      )}
      {form.by === 'eni' ? (
        // no FormField: it would mark the table’s filter as the field that is wrong
        <section aria-label="Network interfaces (ENIs)">
          {errors.source && (
            <div data-wrong tabIndex={-1}>
              <StatusIndicator type="error">{errors.source}</StatusIndicator>
            </div>
          )}
          <SourceTable
            sources={sources}
            complete={data?.complete ?? true}
            loading={isPending && !trouble}
            chosen={form.enis}
            onChoose={(enis) => {
              set({ enis })
              onLeave()
            }}
          />
        </section>
      ) : form.by === 'tag' ? (
        <TagFields form={form} error={errors.source} set={set} onLeave={onLeave} sources={sources} />
      ) : (
        <NamedFields form={form} error={errors.source} set={set} onLeave={onLeave} sources={sources} />
      )}
      <ExpandableSection
        headerText="Narrow it, leave something out, take a risk"
        defaultExpanded={errors.within !== undefined || errors.without !== undefined}
      >
        <SpaceBetween size="s">
          <FormField
            label="Only in these VPCs and subnets (optional)"
            description="Ids, separated by commas."
            errorText={errors.within}
          >
            <Input
              name="within"
              value={form.within}
              onChange={({ detail }) => set({ within: detail.value })}
              onBlur={() => leave('within')}
            />
          </FormField>
          <FormField
            label="Never these interfaces and instances (optional)"
            description="Ids, separated by commas."
            errorText={errors.without}
          >
            <Input
              name="without"
              value={form.without}
              onChange={({ detail }) => set({ without: detail.value })}
              onBlur={() => leave('without')}
            />
          </FormField>
          {KINDS[form.by].secondary && (
            <Checkbox checked={form.secondary} onChange={({ detail }) => set({ secondary: detail.checked })}>
              Secondary network interfaces too
            </Checkbox>
          )}
          <Checkbox
            checked={form.undocumented}
            onChange={({ detail }) => set({ undocumented: detail.checked })}
            description="AWS’s documentation excludes load balancers and Fargate tasks; tools mirror them all the same."
          >
            Try what AWS does not document
          </Checkbox>
          <Checkbox
            checked={form.littleHeadroom}
            onChange={({ detail }) => set({ littleHeadroom: detail.checked })}
            description="Copies come out of an instance’s own bandwidth; above 70 % of its baseline a start is refused."
          >
            Start even where the network of a source is nearly full
          </Checkbox>
        </SpaceBetween>
      </ExpandableSection>
      {form.by !== 'eni' && <SourcePreview form={form} />}
      <Effect on="bill">
        Every interface costs its begun hours and the bytes it copies: fewer interfaces, less to pay.
      </Effect>
    </SpaceBetween>
  )
}
