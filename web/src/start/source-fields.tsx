import Autosuggest from '@cloudscape-design/components/autosuggest'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import type { SourceEni } from '../../../contract/source.ts'
import { sourcesQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'
import { Effect } from './effect.tsx'
import type { FormValues } from './form.ts'
import { SourceTable } from './source-table.tsx'

type Props = Readonly<{
  form: FormValues
  error: string | undefined
  set: (change: Partial<FormValues>) => void
  onLeave: () => void
}>

export const SourceFields = ({ form, error, set, onLeave }: Props) => {
  const { data, error: trouble, isPending, isFetching, refetch } = useQuery(sourcesQuery)
  const sources = data?.sources ?? []
  return (
    <SpaceBetween size="m">
      <RadioGroup
        ariaLabel="How sources are chosen"
        value={form.by}
        onChange={({ detail }) => set({ by: detail.value as FormValues['by'] })}
        items={[
          { value: 'eni', label: 'Pick network interfaces', description: 'Exactly these, as they are now.' },
          {
            value: 'tag',
            label: 'By tag',
            description: 'Whatever carries the tags when the experiment starts.',
          },
        ]}
      />
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
          {error && (
            <div data-wrong tabIndex={-1}>
              <StatusIndicator type="error">{error}</StatusIndicator>
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
      ) : (
        <TagFields form={form} error={error} set={set} onLeave={onLeave} sources={sources} />
      )}
      <Effect on="bill">
        Every interface costs its begun hours and the bytes it copies: fewer interfaces, less to pay.
      </Effect>
    </SpaceBetween>
  )
}

const TagFields = ({ form, error, set, onLeave, sources }: Props & { sources: readonly SourceEni[] }) => {
  const change = (at: number, part: Partial<FormValues['tags'][number]>) =>
    set({ tags: form.tags.map((tag, index) => (index === at ? { ...tag, ...part } : tag)) })
  return (
    <SpaceBetween size="m">
      <SpaceBetween size="xs">
        {form.tags.map((tag, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its text changes with every key
          <div className="inline-fields" key={index}>
            <FormField label={`Tag ${index + 1}, key`} errorText={index === 0 ? error : undefined}>
              <Autosuggest
                value={tag.key}
                onChange={({ detail }) => change(index, { key: detail.value })}
                onBlur={onLeave}
                options={options(sources.flatMap(({ tags }) => Object.keys(tags)))}
                enteredTextLabel={(value) => `Use “${value}”`}
                empty="No tag seen"
              />
            </FormField>
            <FormField label={`Tag ${index + 1}, value`}>
              <Autosuggest
                value={tag.value}
                onChange={({ detail }) => change(index, { value: detail.value })}
                onBlur={onLeave}
                options={options(sources.flatMap(({ tags }) => tags[tag.key] ?? []))}
                enteredTextLabel={(value) => `Use “${value}”`}
                empty="No value seen"
              />
            </FormField>
            {form.tags.length > 1 && (
              <div className="beside-field">
                <Button
                  iconName="close"
                  variant="icon"
                  ariaLabel={`Remove tag ${index + 1}`}
                  onClick={() => set({ tags: form.tags.filter((_, at) => at !== index) })}
                />
              </div>
            )}
          </div>
        ))}
        <Button iconName="add-plus" onClick={() => set({ tags: [...form.tags, { key: '', value: '' }] })}>
          Another tag
        </Button>
      </SpaceBetween>
      {form.tags.length > 1 && (
        <RadioGroup
          ariaLabel="How tags combine"
          value={form.match}
          onChange={({ detail }) => set({ match: detail.value as FormValues['match'] })}
          items={[
            { value: 'all', label: 'Every tag must match' },
            { value: 'any', label: 'One matching tag is enough' },
          ]}
        />
      )}
    </SpaceBetween>
  )
}

const options = (values: readonly string[]) => [...new Set(values)].sort().map((value) => ({ value }))
