/**
 * What AWS allows of VPC Traffic Mirroring, in an account and Region where nothing else is said. None of it is adjustable,
 * and Service Quotas has none of it to be read: https://docs.aws.amazon.com/vpc/latest/mirroring/traffic-mirroring-quotas.html
 */
export const MIRROR_QUOTAS = {
  sessions: 10_000,
  filters: 10_000,
  rulesPerFilter: 10,
  sessionsPerInterface: 3,
} as const

export const MIRROR_QUOTAS_FROM = 'AWS’s mirroring guide of 2025-08; not adjustable, not in Service Quotas'
