import type { EndpointTally } from '../../contract/comparison.ts'
import type { Experiment } from '../../contract/experiment.ts'
import { Thresholds } from '../../contract/thresholds.ts'
import { isRejection, percentText, statusPairs } from './judge-endpoint.ts'
import type { Life } from './record.ts'

/** Answers of production that tell whether the shadow knows who asks. */
export const CANARY_REQUESTS = 50

/** What the shadow made of requests that production answered 2xx. */
export type Canary = { answered: number; rejected: number }

export const canaryOf = (endpoints: readonly EndpointTally[]): Canary => {
  const pairs = endpoints
    .flatMap(statusPairs)
    .filter(({ production }) => production >= 200 && production < 300)
  const sum = (some: typeof pairs): number => some.reduce((all, { count }) => all + count, 0)
  return { answered: sum(pairs), rejected: sum(pairs.filter(isRejection)) }
}

export const rejects = ({ answered, rejected }: Canary, { rejectedPercent }: Thresholds): boolean =>
  answered > 0 && rejected / answered > rejectedPercent / 100

/** Whether the first stage has to tell that the shadow knows masked credentials, before there is a second. */
export const needsCanary = ({ spec }: Experiment, { stage }: Pick<Life, 'stage'>): boolean =>
  spec.traffic.directions === 'both' && stage.index === 0 && (spec.ramp?.stages.length ?? 1) > 1

/** Why the second stage does not begin; null when the canary lives. */
export const canaryHolds = (experiment: Experiment, life: Life): string | null => {
  if (!needsCanary(experiment, life)) return null
  const canary = life.canary ?? { answered: 0, rejected: 0 }
  if (canary.answered < CANARY_REQUESTS)
    return experiment.spec.ramp?.promote === 'time'
      ? null
      : `The next stage waits for ${CANARY_REQUESTS} compared requests: ${canary.answered} so far.`
  const thresholds = Thresholds.parse(experiment.spec.verdict ?? {})
  if (!rejects(canary, thresholds)) return null
  return (
    `The next stage does not begin: the shadow rejects masked credentials, it answers 401 or 403 to ` +
    `${percentText(canary.rejected / canary.answered)} of ${canary.answered} requests that production answers.`
  )
}
