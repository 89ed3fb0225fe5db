import type { AbortRule } from '../../contract/abort.ts'
import type { ExperimentSpec } from '../../contract/experiment.ts'
import { paidMetrics } from '../../contract/resources.ts'

/** A call of GetMetricData takes so many queries: no look for an experiment takes more than one call. */
export const QUERIES_MAX = 500

/** A metric of CloudWatch, and what of it. */
export type Asked = Readonly<{
  namespace: string
  name: string
  dimensions: Readonly<Record<string, string>>
  statistic: string
}>

export const MIRRORED = ['NetworkMirrorIn', 'NetworkMirrorOut']
export const SKIPPED = ['NetworkSkipMirrorIn', 'NetworkSkipMirrorOut']
const CPU = 'CPUUtilization'
export const REQUESTS = 'RequestCount'
export const ERRORS = 'HTTPCode_Target_5XX_Count'

/**
 * What a rule asks of CloudWatch. Source metrics: docs.aws.amazon.com/vpc/latest/mirroring/traffic-mirror-cloudwatch.html;
 * target groups: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export const askedBy = (rule: AbortRule, instances: readonly string[]): Asked[] => {
  const ofInstances = (names: readonly string[], statistic: string): Asked[] =>
    instances.flatMap((instance) =>
      names.map((name) => ({
        namespace: 'AWS/EC2',
        name,
        dimensions: { InstanceId: instance },
        statistic,
      })),
    )
  switch (rule.watch) {
    case 'skipped-mirroring':
      return ofInstances([...MIRRORED, ...SKIPPED], 'Sum')
    case 'production-cpu':
      return ofInstances([CPU], 'Average')
    case 'production-errors': {
      const dimensions = { TargetGroup: rule.targetGroup, LoadBalancer: rule.loadBalancer }
      return [REQUESTS, ERRORS].map((name) => ({
        namespace: 'AWS/ApplicationELB',
        name,
        dimensions,
        statistic: 'Sum',
      }))
    }
    case 'metric': {
      const { namespace, name, dimensions, statistic } = rule
      return [{ namespace, name, dimensions, statistic }]
    }
    default:
      return []
  }
}

/** Metrics that one look for an experiment asks for, of so many instances: each is paid. */
export const metricsOfLook = (
  { abort, compare }: Pick<ExperimentSpec, 'abort' | 'compare'>,
  instances: number,
): number => metricsPerLook(abort, instances) + (compare?.resources ? paidMetrics(compare.resources) : 0)

/** Metrics that its abort rules ask for. */
export const metricsPerLook = (rules: readonly AbortRule[], instances: number): number => {
  const others = distinct(rules, []).size
  const perInstance = distinct(rules, ['i']).size - others
  return others + perInstance * Math.min(instances, instancesPerLook(rules))
}

/** Instances that one look asks about: what they cost stays within one call, whatever the fleet’s size. */
export const instancesPerLook = (rules: readonly AbortRule[]): number => {
  const others = distinct(rules, []).size
  const perInstance = distinct(rules, ['i']).size - others
  return perInstance === 0 ? 0 : Math.floor((QUERIES_MAX - others) / perInstance)
}

export const keyOf = (asked: Asked): string =>
  JSON.stringify([asked.namespace, asked.name, Object.entries(asked.dimensions).sort(), asked.statistic])

/** What the rules ask for, once each. */
export const distinct = (rules: readonly AbortRule[], instances: readonly string[]): Map<string, Asked> =>
  new Map(rules.flatMap((rule) => askedBy(rule, instances)).map((one) => [keyOf(one), one]))
