import type { AbortRule } from './abort.ts'

/** What an abort rule can watch, with the unit of its value. */
export const WATCHES = {
  'shadow-errors': '%',
  'shadow-p99': 'ms',
  'gateway-losses': '%',
  'gateway-lag-p99': 'ms',
  'skipped-mirroring': '%',
  'production-cpu': '%',
  'production-errors': '%',
  metric: '',
} as const
export type Watch = keyof typeof WATCHES

/** Counted by the gateways; the other rules read CloudWatch. */
export const isGatewayRule = (
  rule: AbortRule,
): rule is Extract<
  AbortRule,
  { watch: 'shadow-errors' | 'shadow-p99' | 'gateway-losses' | 'gateway-lag-p99' }
> => rule.watch.startsWith('shadow-') || rule.watch.startsWith('gateway-')

/** CloudWatch has an instance’s figures up to five minutes late, five minutes at a time (basic monitoring). */
const BASIC_MONITORING_SECONDS = 600

/** How long harm may go unnoticed at most: the rule’s window, and until the next look has the figures. */
export const detectionSeconds = (rule: AbortRule, tickSeconds: number): number =>
  rule.overSeconds + tickSeconds + (isGatewayRule(rule) ? tickSeconds : BASIC_MONITORING_SECONDS)

/** A rule in words, without the value it has now. */
export const ruleWords = (rule: AbortRule): string => {
  const over = ` over ${minutes(rule.overSeconds)}`
  switch (rule.watch) {
    case 'shadow-errors':
      return `The shadow fails more than ${rule.above} % of the forwarded requests${over}`
    case 'shadow-p99':
      return `The shadow’s 99th percentile is above ${rule.above} ms${over}`
    case 'gateway-losses':
      return `The gateways lose more than ${rule.above} % of the received requests${over}`
    case 'gateway-lag-p99':
      return `The gateways’ lag, 99th percentile, is above ${rule.above} ms${over}`
    case 'skipped-mirroring':
      return `The sources skip more than ${rule.above} % of the bytes to mirror${over}`
    case 'production-cpu':
      return `A source instance uses more than ${rule.above} % of its CPU${over}`
    case 'production-errors':
      return `Production answers more than ${rule.above} % of its requests with 5xx${over}`
    case 'metric':
      return `${rule.namespace} ${rule.name}, ${rule.statistic.toLowerCase()}, is above ${rule.above}${over}`
  }
}

const minutes = (seconds: number): string => (seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`)
