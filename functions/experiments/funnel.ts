import type { Comparison, EndpointTally } from '../../contract/comparison.ts'
import type { FunnelRow } from '../../contract/funnel.ts'
import { LOSS, PAIR_LOSS, PART, REQUEST_LOSS, STEP } from '../../contract/loss.ts'
import type { RequestCounts } from '../../contract/traffic.ts'

type Seen = Readonly<{
  requests: RequestCounts
  comparison: Comparison
  /** What the thresholds do not ignore, and what of it has enough requests. */
  considered: readonly EndpointTally[]
  judged: readonly EndpointTally[]
}>

/** From what was seen to what was judged, with every loss on a row of its own; rows without a request are left out. */
export const funnelOf = ({ requests, comparison, considered, judged }: Seen): FunnelRow[] => {
  const { warmUp, expected, waiting, compared, unpaired } = comparison
  // What was dropped before it was sent is counted by its reason already.
  const toCompare = expected - (unpaired.shadow_not_sent ?? 0)
  const ofConsidered = sum(considered, 'compared')
  const ofJudged = sum(judged, 'compared')
  return [
    step('received', requests.received),
    ...keysOf(REQUEST_LOSS).flatMap((name) => loss(name, requests.reasons[name] ?? 0)),
    step('forwarded', requests.forwarded),
    ...loss('warm_up', warmUp),
    ...loss('not_told', requests.forwarded - warmUp - toCompare),
    step('to_compare', toCompare),
    ...loss('waiting', waiting),
    ...keysOf(PAIR_LOSS).flatMap((name) => loss(name, unpaired[name] ?? 0)),
    step('compared', compared),
    ...loss('ignored', compared - ofConsidered),
    ...loss('few_samples', ofConsidered - ofJudged),
    step('judged', ofJudged),
    ...part('no_answer', sum(judged, 'failed')),
    ...part('drift', sum(judged, 'drifted')),
  ]
}

const keysOf = <Name extends string>(words: Readonly<Record<Name, string>>) => Object.keys(words) as Name[]

const sum = (endpoints: readonly EndpointTally[], of: 'compared' | 'failed' | 'drifted'): number =>
  endpoints.reduce((total, endpoint) => total + endpoint[of], 0)

const step = (name: keyof typeof STEP, count: number): FunnelRow => ({
  kind: 'step',
  name,
  count,
  says: STEP[name],
})

const loss = (name: keyof typeof LOSS, count: number): FunnelRow[] =>
  count > 0 ? [{ kind: 'loss', name, count, says: LOSS[name] }] : []

const part = (name: keyof typeof PART, count: number): FunnelRow[] =>
  count > 0 ? [{ kind: 'part', name, count, says: PART[name] }] : []
