import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import type { SourceBy } from '../../../contract/source.ts'

/** How a source is named, as typed. One set of fields for all kinds: what a kind does not use is kept for another. */
export type SourceValues = Readonly<{
  by: SourceBy
  enis: readonly string[]
  instances: string
  match: 'all' | 'any'
  tags: readonly Readonly<{ key: string; value: string }>[]
  groups: string
  cluster: string
  services: string
  database: 'rds' | 'elasticache'
  balancers: string
  secondary: boolean
  /** VPC and subnet ids. */
  within: string
  /** ENI and instance ids. */
  without: string
}>

export const emptySource: SourceValues = {
  by: 'eni',
  enis: [],
  instances: '',
  match: 'all',
  tags: [{ key: '', value: '' }],
  groups: '',
  cluster: '',
  services: '',
  database: 'rds',
  balancers: '',
  secondary: false,
  within: '',
  without: '',
}

export type Kind = Readonly<{
  label: string
  description: string
  /** What a right value looks like. */
  right: string
  /** Whether secondary interfaces can be asked for. */
  secondary: boolean
}>

export const KINDS: Readonly<Record<SourceBy, Kind>> = {
  eni: {
    label: 'Pick network interfaces',
    description: 'Exactly these, as they are now.',
    right: 'Choose at least one network interface',
    secondary: false,
  },
  instance: {
    label: 'Instances',
    description: 'The first network interface of each.',
    right: 'One or more instance ids such as i-0123456789abcdef0',
    secondary: true,
  },
  tag: {
    label: 'By tag',
    description: 'Whatever carries the tags when the experiment starts.',
    right: 'Name at least one tag',
    secondary: true,
  },
  'auto-scaling-group': {
    label: 'Auto Scaling groups',
    description: 'The instances in service when the experiment starts.',
    right: 'One or more names of Auto Scaling groups',
    secondary: true,
  },
  'ecs-service': {
    label: 'ECS services on EC2',
    description: 'Task interfaces, or those of the instances the tasks run on.',
    right: 'A cluster, and one or more services in it',
    secondary: false,
  },
  database: {
    label: 'RDS or ElastiCache',
    description: 'All interfaces of the service: narrow them to subnets.',
    right: 'RDS or ElastiCache',
    secondary: false,
  },
  'load-balancer': {
    label: 'Application load balancers',
    description: 'Their leg to the targets. AWS does not document it.',
    right: 'One or more names of application load balancers',
    secondary: false,
  },
}
export const KIND_NAMES = Object.keys(KINDS) as SourceBy[]

/** Ids: separated by anything that is none of their characters. */
export const list = (text: string): string[] => text.split(/[\s,;]+/).filter((item) => item !== '')
/** Names may have spaces. */
const names = (text: string): string[] =>
  text
    .split(/[,;\n]+/)
    .map((item) => item.trim())
    .filter((item) => item !== '')

type SourceInput = ExperimentSpecInput['source']

export const toSource = (form: SourceValues): SourceInput => {
  const narrowing = narrowingOf(form)
  const secondary = form.secondary ? { interfaces: 'all' as const } : {}
  switch (form.by) {
    case 'eni':
      return { by: 'eni', ids: [...form.enis], ...narrowing }
    case 'instance':
      return { by: 'instance', ids: list(form.instances), ...secondary, ...narrowing }
    case 'tag':
      return { by: 'tag', match: form.match, tags: tagsOf(form.tags), ...secondary, ...narrowing }
    case 'auto-scaling-group':
      return { by: 'auto-scaling-group', names: names(form.groups), ...secondary, ...narrowing }
    case 'ecs-service':
      return {
        by: 'ecs-service',
        cluster: form.cluster.trim(),
        services: names(form.services),
        ...narrowing,
      }
    case 'database':
      return { by: 'database', service: form.database, ...narrowing }
    case 'load-balancer':
      return { by: 'load-balancer', names: names(form.balancers), ...narrowing }
  }
}

/** What is neither a VPC nor an instance goes where its schema refuses it. */
const narrowingOf = ({
  within,
  without,
}: SourceValues): Pick<SourceInput, 'vpcs' | 'subnets' | 'exclude'> => {
  const vpcs = list(within).filter((id) => id.startsWith('vpc-'))
  const subnets = list(within).filter((id) => !id.startsWith('vpc-'))
  const instances = list(without).filter((id) => id.startsWith('i-'))
  const enis = list(without).filter((id) => !id.startsWith('i-'))
  return {
    ...(vpcs.length > 0 && { vpcs }),
    ...(subnets.length > 0 && { subnets }),
    ...(enis.length + instances.length > 0 && {
      exclude: { ...(enis.length > 0 && { enis }), ...(instances.length > 0 && { instances }) },
    }),
  }
}

const tagsOf = (tags: SourceValues['tags']): Record<string, string> =>
  Object.fromEntries(tags.filter(({ key }) => key !== '').map(({ key, value }) => [key, value]))
