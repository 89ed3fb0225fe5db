import type { AuditEntry } from '../../contract/audit.ts'
import type { Experiment, Phase } from '../../contract/experiment.ts'
import type { Notice } from '../../contract/notice.ts'
import { ownerOf } from '../../contract/owner.ts'
import { MANAGED_BY, TAG } from '../../contract/ownership.ts'

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

const kindOf = ({ before, after }: AuditEntry): Notice['kind'] => {
  if (before === null) return 'created'
  return before.phase === after.phase ? 'changed' : ENTERED[after.phase]
}
