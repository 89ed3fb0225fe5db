import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Effect } from './effect.tsx'
import type { FieldProps } from './field-props.ts'
import type { StageValues } from './form.ts'

const FIRST: StageValues = { sources: '10', requests: '10', minutes: '5' }
/** The last of the ten stages is everything. */
const STAGES_MAX = 9

const COLUMNS = [
  { field: 'sources', label: 'Sources (percent)' },
  { field: 'requests', label: 'Requests (percent)' },
  { field: 'minutes', label: 'At least (minutes)' },
] as const

/** Stages before everything is mirrored and forwarded. */
export const RampFields = ({ form: { stages }, errors, set, leave }: FieldProps) => {
  const change = (index: number, part: Partial<StageValues>) =>
    set({ stages: stages.map((stage, at) => (at === index ? { ...stage, ...part } : stage)) })
  return (
    <FormField
      label="Stages before the whole"
      description={
        stages.length === 0
          ? 'Everything is mirrored and forwarded from the start.'
          : 'Then everything, to the end. A stage waits until what else ends it is known to be fine.'
      }
      errorText={errors.ramp}
      constraintText={
        <Effect on="bill">
          Fewer sources at first open fewer session-hours; fewer requests save nothing.
        </Effect>
      }
      stretch
    >
      <SpaceBetween size="s">
        {stages.map((stage, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a stage is its place
          <div className="inline-fields" key={index}>
            {COLUMNS.map(({ field, label }) => (
              <FormField key={field} label={index === 0 ? label : undefined}>
                <div className="short-field">
                  <Input
                    type="number"
                    inputMode="decimal"
                    ariaLabel={`${label} of stage ${index + 1}`}
                    value={stage[field]}
                    onChange={({ detail }) => change(index, { [field]: detail.value })}
                    onBlur={() => leave('ramp')}
                  />
                </div>
              </FormField>
            ))}
            <div className="inline-action">
              <Button
                variant="icon"
                iconName="remove"
                formAction="none"
                ariaLabel={`Remove stage ${index + 1}`}
                onClick={() => set({ stages: stages.filter((_, at) => at !== index) })}
              />
            </div>
          </div>
        ))}
        {stages.length < STAGES_MAX && (
          <Button
            formAction="none"
            iconName="add-plus"
            onClick={() => set({ stages: [...stages, stages.at(-1) ?? FIRST] })}
          >
            Add a stage
          </Button>
        )}
      </SpaceBetween>
    </FormField>
  )
}
