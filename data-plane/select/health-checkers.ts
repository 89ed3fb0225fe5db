/**
 * Requests that no user sent. Elastic Load Balancing, Kubernetes and Route 53 begin their User-Agent with their name;
 * CloudWatch Synthetics canaries append theirs to a browser's.
 */
const PREFIXES = ['ELB-HealthChecker/', 'kube-probe/', 'Amazon-Route53-Health-Check-Service']
const CANARY = 'CloudWatchSynthetics'

export const isHealthChecker = (userAgent: string): boolean =>
  PREFIXES.some((prefix) => userAgent.startsWith(prefix)) || userAgent.includes(CANARY)
