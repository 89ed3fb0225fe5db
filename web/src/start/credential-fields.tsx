import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type CredentialValues, emptyCredential } from './credential-spec.ts'
import type { FieldProps } from './field-props.ts'

const KINDS = [
  { value: 'secret', label: 'A secret of its own' },
  { value: 'jwt', label: 'The token, signed again' },
] as const
const PLACES = [
  { value: 'header', label: 'Header' },
  { value: 'cookie', label: 'Cookie' },
  { value: 'query', label: 'Query parameter' },
] as const
const ALGORITHMS = (['RS256', 'ES256', 'HS256'] as const).map((value) => ({ value, label: value }))

/** What the shadow gets where redaction has made production’s credentials worthless. Secrets are named, never typed. */
export const CredentialFields = ({ form, errors, set, leave }: FieldProps) => {
  const change = (at: number, part: Partial<CredentialValues>) =>
    set({ credentials: form.credentials.map((one, n) => (n === at ? { ...one, ...part } : one)) })
  return (
    <FormField
      label="Credentials that the shadow accepts"
      description="In the place of production’s. A secret is named as the gateway’s environment has it, such as shop/session; it is never typed here."
      errorText={errors.credentials}
      stretch
    >
      <SpaceBetween size="s">
        {form.credentials.map((one, at) => (
          <OneCredential
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its text changes with every key
            key={at}
            n={at + 1}
            one={one}
            change={(part) => change(at, part)}
            onLeave={() => leave('credentials')}
            onRemove={() => set({ credentials: form.credentials.filter((_, n) => n !== at) })}
          />
        ))}
        <Button
          iconName="add-plus"
          onClick={() => set({ credentials: [...form.credentials, emptyCredential] })}
        >
          {form.credentials.length === 0 ? 'Add one' : 'Another one'}
        </Button>
      </SpaceBetween>
    </FormField>
  )
}

type OneProps = Readonly<{
  n: number
  one: CredentialValues
  change: (part: Partial<CredentialValues>) => void
  onLeave: () => void
  onRemove: () => void
}>

const OneCredential = ({ n, one, change, onLeave, onRemove }: OneProps) => (
  <div className="inline-fields">
    <Choice label={`Credential ${n}`} options={KINDS} value={one.by} onChange={(by) => change({ by })} />
    <Choice label="Where" options={PLACES} value={one.in} onChange={(place) => change({ in: place })} />
    <Typed label="Its name" value={one.name} onLeave={onLeave} onChange={(name) => change({ name })} />
    <Typed
      label={one.by === 'jwt' ? 'Name of the signing key' : 'Name of the secret'}
      placeholder={one.by === 'jwt' ? 'shop/jwt-key' : 'shop/session'}
      value={one.secret}
      onLeave={onLeave}
      onChange={(secret) => change({ secret })}
    />
    {one.by === 'jwt' && (
      <>
        <Choice
          label="Algorithm"
          options={ALGORITHMS}
          value={one.algorithm}
          onChange={(algorithm) => change({ algorithm })}
        />
        <Typed
          label="Name of production’s key"
          placeholder="Empty: all are signed"
          value={one.productionKey}
          onLeave={onLeave}
          onChange={(productionKey) => change({ productionKey })}
        />
      </>
    )}
    <div className="beside-field">
      <Button iconName="close" variant="icon" ariaLabel={`Remove credential ${n}`} onClick={onRemove} />
    </div>
  </div>
)

type ChoiceProps<Value extends string> = Readonly<{
  label: string
  options: readonly Readonly<{ value: Value; label: string }>[]
  value: Value
  onChange: (value: Value) => void
}>

const Choice = <Value extends string>({ label, options, value, onChange }: ChoiceProps<Value>) => (
  <FormField label={label}>
    <Select
      selectedOption={options.find((option) => option.value === value) ?? null}
      options={options}
      onChange={({ detail }) => onChange(detail.selectedOption.value as Value)}
    />
  </FormField>
)

type TypedProps = Readonly<{
  label: string
  value: string
  placeholder?: string
  onChange: (value: string) => void
  onLeave: () => void
}>

const Typed = ({ label, value, placeholder = '', onChange, onLeave }: TypedProps) => (
  <FormField label={label}>
    <Input
      value={value}
      placeholder={placeholder}
      onChange={({ detail }) => onChange(detail.value)}
      onBlur={onLeave}
    />
  </FormField>
)
