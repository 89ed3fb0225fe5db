import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { DEPENDENCIES, type Dependency, type DependencyName } from '../../../contract/dependency.ts'
import type { FieldProps } from './field-props.ts'

const LABELS: Readonly<Record<DependencyName, string>> = {
  database: 'Database',
  cache: 'Cache',
  queue: 'Queue',
  mail: 'Mail',
  payment: 'Payment',
  webhooks: 'Webhooks',
}
const ANSWERS = [
  { value: 'own', label: 'Its own' },
  { value: 'stub', label: 'A stub' },
  { value: 'none', label: 'None' },
] as const satisfies readonly { value: Dependency; label: string }[]

/** What nobody can see from outside: whether the shadow would act on production, or on people. */
export const DependencyFields = ({
  form: { dependencies },
  errors,
  set,
}: Pick<FieldProps, 'form' | 'errors' | 'set'>) => (
  <section aria-labelledby="dependencies">
    <h3 id="dependencies">What the shadow uses</h3>
    <div className="field-note">
      Its own, which production does not use; a stub, which does nothing outside; or none. Kept in the
      evidence.
    </div>
    <div className="inline-fields">
      {DEPENDENCIES.map((name) => (
        <FormField key={name} label={LABELS[name]}>
          <Select
            selectedOption={ANSWERS.find(({ value }) => value === dependencies[name]) ?? null}
            placeholder="Choose"
            options={ANSWERS}
            onChange={({ detail }) =>
              set({
                dependencies: { ...dependencies, [name]: detail.selectedOption.value as Dependency },
              })
            }
          />
        </FormField>
      ))}
    </div>
    {errors.dependencies && (
      <div data-wrong tabIndex={-1}>
        <StatusIndicator type="error">{errors.dependencies}</StatusIndicator>
      </div>
    )}
  </section>
)
