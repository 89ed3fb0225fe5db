import type { ExperimentSpec } from '../../../contract/experiment.ts'

/** What is mirrored, in a sentence. */
export const sourceWords = ({ source }: Pick<ExperimentSpec, 'source'>): string =>
  [chosenWords(source), ...narrowedWords(source)].join(', ')

const chosenWords = (source: ExperimentSpec['source']): string => {
  const which = 'interfaces' in source && source.interfaces === 'all' ? 'Every' : 'The first'
  switch (source.by) {
    case 'eni':
      return `${source.ids.length === 1 ? 'The network interface' : `${source.ids.length} network interfaces:`} ${source.ids.join(', ')}`
    case 'instance':
      return `${which} network interface of ${source.ids.join(', ')}`
    case 'tag': {
      const tags = Object.entries(source.tags).map(([key, value]) => `${key} = ${value}`)
      const all = which === 'Every' ? 'All network interfaces' : 'Network interfaces'
      return `${all} of instances tagged ${tags.join(source.match === 'all' ? ' and ' : ' or ')}`
    }
    case 'auto-scaling-group':
      return `${which} network interface of each instance in the Auto Scaling group ${source.names.join(', ')}`
    case 'ecs-service':
      return `The tasks of ${source.services.join(', ')} in the ECS cluster ${source.cluster}`
    case 'database':
      return `The network interfaces of ${source.service === 'rds' ? 'RDS' : 'ElastiCache'}`
    case 'load-balancer':
      return `The load balancer ${source.names.join(', ')}, towards its targets`
  }
}

const narrowedWords = ({ vpcs, subnets, exclude = {} }: ExperimentSpec['source']): string[] => {
  const tags = Object.entries(exclude.tags ?? {}).map(([key, value]) => `${key} = ${value}`)
  const left = [...(exclude.enis ?? []), ...(exclude.instances ?? []), ...tags]
  return [
    ...(vpcs ? [`in ${vpcs.join(' or ')}`] : []),
    ...(subnets ? [`in ${subnets.join(' or ')}`] : []),
    ...(left.length > 0 ? [`without ${left.join(', ')}`] : []),
  ]
}

/** Which of its packets are mirrored. */
export const trafficWords = ({ ports, clientCidrs, directions }: ExperimentSpec['traffic']): string => {
  const where = clientCidrs.every((cidr) => cidr === '0.0.0.0/0') ? 'any client' : clientCidrs.join(', ')
  const what = directions === 'both' ? 'Requests and responses' : 'Requests'
  return `${what} on ${ports === undefined ? 'every TCP port' : `port ${ports.join(', ')}`}, from ${where}`
}
