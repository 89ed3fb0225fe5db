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

export const MIRROR_QUOTAS_FROM =
  'Traffic Mirroring guide, quotas, as of 2025-08: not adjustable, and not in Service Quotas'
