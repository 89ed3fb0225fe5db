import type { Catalogue } from '../../contract/catalogue.ts'
import type { Experiment, ExperimentSpec } from '../../contract/experiment.ts'
import type { Handler } from '../../contract/operation.ts'
import { principalOf } from '../../contract/owner.ts'
import { approvalsFor } from '../experiments/approval.ts'
import type { Peak } from '../experiments/gateway-size.ts'
import { newRecord } from '../experiments/phases.ts'
import { redactionKey } from '../experiments/redaction-key.ts'
import { experimentId } from '../experiments/ulid.ts'
import { createRecord, readRecord } from '../store/experiments.ts'
import { claimKey, findClaim } from '../store/idempotency.ts'
import { fingerprintOf, refuseOther } from './claims.ts'
import type { Context } from './context.ts'
import { refuseUnstartable } from './planning.ts'
import { requireRecord } from './records.ts'

/**
 * The key is claimed with the experiment’s id before the experiment exists: whoever repeats the request after a crash in
 * between creates the same experiment. A request that cannot start claims nothing, so that it may be put right.
 */
export const createExperiment: Handler<Catalogue['createExperiment'], Context> = async (
  { body: spec },
  context,
) => {
  const { table, caller, now, random, idempotencyKey } = context
  const key = idempotencyKey === null ? null : `createExperiment#${principalOf(caller)}#${idempotencyKey}`
  const fingerprint = fingerprintOf(spec)

  const earlier = key === null ? undefined : await findClaim(table, key)
  if (earlier) {
    refuseOther(earlier, fingerprint)
    const made = await readRecord(table, earlier.experiment)
    if (made) return made.experiment
  }

  const peak = await refuseUnstartable(spec, context)

  const at = now()
  const fresh = experimentId(at.getTime(), random(10))
  const claim =
    key === null
      ? { experiment: fresh }
      : refuseOther(
          await claimKey(table, key, { experiment: fresh, fingerprint, at: at.toISOString() }),
          fingerprint,
        )
  return begin(spec, { id: claim.experiment, at, peak }, context)
}

const begin = async (
  spec: ExperimentSpec,
  { id, at, peak }: Readonly<{ id: string; at: Date; peak: Peak }>,
  { table, plane, caller, config, hurry, random }: Context,
): Promise<Experiment> => {
  const record = newRecord(spec, {
    id,
    by: caller,
    now: at,
    redactionKey: redactionKey(random),
    peak,
    gatewaySize: config.gatewaySize,
    preNoticeMs: (await plane()).settings.preNoticeMs,
    approvals: approvalsFor(spec, config.fourEyes),
  })
  const created = await createRecord(table, record)
  if (created) await hurry(id)
  return (await requireRecord(table, id)).experiment
}
