import type { AuditEntry } from '../../contract/audit.ts'
import type { Experiment, Phase } from '../../contract/experiment.ts'
import { CLOUDTRAIL_EVENTS, type Notice } from '../../contract/notice.ts'
import { ownerOf } from '../../contract/owner.ts'
import { MANAGED_BY, TAG } from '../../contract/ownership.ts'
import { auditEntry, CONTROL_PLANE } from './audit.ts'
import { ANNOUNCED, STAGE_BEGINS } from './phases.ts'

const ENTERED: Readonly<Record<Phase, Notice['kind']>> = {
  scheduled: 'changed',
  preparing: 'preparing',
  mirroring: 'started',
  draining: 'ending',
  ended: 'ended',
}

/** What the world is told of a change. Its id is the audit entry’s: told twice, it is the same notice. */
export const noticeOf = (
  entry: AuditEntry,
  experiment: Pick<Experiment, 'spec' | 'createdBy' | 'startAt'>,
  deployment: string,
): Notice => ({
  ...entry,
  kind: kindOf(entry),
  deployment,
  name: experiment.spec.name,
  owner: ownerOf(experiment),
  startAt: experiment.startAt,
  tags: {
    [TAG.managedBy]: MANAGED_BY,
    [TAG.deployment]: deployment,
    [TAG.experiment]: entry.experiment,
  },
})

/** The pre-notice: what will be done, before anything is. However often it is told, it is the same notice. */
export const announcementOf = (
  experiment: Experiment,
  { enis, notBefore }: Readonly<{ enis: readonly string[]; notBefore: string }>,
  deployment: string,
): Notice => {
  const change = { who: CONTROL_PLANE, what: ANNOUNCED, why: null }
  const entry = auditEntry(experiment, { ...experiment, revision: 0 }, change, new Date(experiment.createdAt))
  return {
    ...noticeOf(entry, experiment, deployment),
    kind: 'announced',
    announces: { enis: [...enis], notBefore, cloudTrailEvents: [...CLOUDTRAIL_EVENTS] },
  }
}

const kindOf = ({ before, after, what }: AuditEntry): Notice['kind'] => {
  if (before === null) return 'created'
  if (what.startsWith(STAGE_BEGINS)) return 'stage'
  if (before.phase === after.phase) return 'changed'
  const { outcome } = after
  if (after.phase === 'draining' && (outcome === 'over-budget' || outcome === 'aborted')) return outcome
  return ENTERED[after.phase]
}
