import Autosuggest from '@cloudscape-design/components/autosuggest'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { SourceEni } from '../../../contract/source.ts'
import type { FormValues } from './form.ts'

type Props = Readonly<{
  form: FormValues
  error: string | undefined
  set: (change: Partial<FormValues>) => void
  onLeave: () => void
  sources: readonly SourceEni[]
}>

export const TagFields = ({ form, error, set, onLeave, sources }: Props) => {
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
