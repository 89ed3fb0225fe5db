import { MIRROR_QUOTAS, MIRROR_QUOTAS_FROM } from '../../contract/mirror-quotas.ts'
import type { Plan } from '../../contract/plan.ts'
import type { Ground, Need } from './readiness.ts'

type Filter = Readonly<{
  rules: number
  /** Of the source that has the most of them: mirror sessions by whomever. */
  sessionsOnOne: number
}>

/** What AWS allows of all that the experiment needs, what is in use, and from where each limit is known. */
export const quotasOf = (
  { fargate, runningTasks, sessions, filters }: Ground,
  need: Need,
  { rules, sessionsOnOne }: Filter,
): Plan['quotas'] => {
  const mirroring = (what: string, limit: number, used: number, needed: number) => ({
    ...{ what, limit, used, needed },
    from: MIRROR_QUOTAS_FROM,
  })
  return [
    {
      what: 'Fargate On-Demand vCPUs',
      limit: fargate.vcpus,
      used: fargate.used,
      needed: Math.max(0, need.gateways - runningTasks) * need.vcpus,
      from:
        fargate.unread === null
          ? 'Service Quotas, L-3032A538'
          : `AWS’s default: the account’s own could not be read (${fargate.unread})`,
    },
    mirroring('mirror sessions', MIRROR_QUOTAS.sessions, sessions, need.sessions),
    mirroring('mirror filters', MIRROR_QUOTAS.filters, filters, 1),
    mirroring('rules of the filter', MIRROR_QUOTAS.rulesPerFilter, 0, rules),
    mirroring('mirror sessions on one interface', MIRROR_QUOTAS.sessionsPerInterface, sessionsOnOne, 1),
  ]
}
