import Autosuggest from '@cloudscape-design/components/autosuggest'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
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

/** The tag that Auto Scaling puts on its instances. */
const GROUP_TAG = 'aws:autoscaling:groupName'

/** What a source of the chosen kind is called: instances, groups, services, load balancers. */
export const NamedFields = ({ form, error, set, onLeave, sources }: Props) => {
  switch (form.by) {
    case 'instance':
      return (
        <FormField label="Instances" description="Ids, separated by commas." errorText={error}>
          <Input
            name="instances"
            value={form.instances}
            placeholder="i-0123456789abcdef0"
            onChange={({ detail }) => set({ instances: detail.value })}
            onBlur={onLeave}
          />
        </FormField>
      )
    case 'auto-scaling-group':
      return (
        <FormField label="Auto Scaling groups" description="Names, separated by commas." errorText={error}>
          <Autosuggest
            value={form.groups}
            onChange={({ detail }) => set({ groups: detail.value })}
            onBlur={onLeave}
            options={[...new Set(sources.flatMap(({ tags }) => tags[GROUP_TAG] ?? []))]
              .sort()
              .map((value) => ({ value }))}
            enteredTextLabel={(value) => `Use “${value}”`}
            empty="No Auto Scaling group seen"
          />
        </FormField>
      )
    case 'ecs-service':
      return (
        <SpaceBetween size="s">
          <FormField label="ECS cluster" description="Its name or ARN." errorText={error}>
            <Input
              name="cluster"
              value={form.cluster}
              onChange={({ detail }) => set({ cluster: detail.value })}
              onBlur={onLeave}
            />
          </FormField>
          <FormField label="ECS services" description="Names, separated by commas.">
            <Input
              name="services"
              value={form.services}
              onChange={({ detail }) => set({ services: detail.value })}
              onBlur={onLeave}
            />
          </FormField>
        </SpaceBetween>
      )
    case 'load-balancer':
      return (
        <FormField
          label="Application load balancers"
          description="Names, separated by commas. The service ports below are those of their targets."
          errorText={error}
        >
          <Input
            name="balancers"
            value={form.balancers}
            onChange={({ detail }) => set({ balancers: detail.value })}
            onBlur={onLeave}
          />
        </FormField>
      )
    default:
      return (
        <RadioGroup
          ariaLabel="Which service"
          value={form.database}
          onChange={({ detail }) => set({ database: detail.value as FormValues['database'] })}
          items={[
            { value: 'rds', label: 'Amazon RDS' },
            { value: 'elasticache', label: 'Amazon ElastiCache' },
          ]}
        />
      )
  }
}
