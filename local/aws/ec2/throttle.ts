import { AwsError } from '../aws-error.ts'
import type { State } from '../state.ts'
import { TokenBucket } from '../token-bucket.ts'

/** EC2's request limits: [burst, refill a second], AWS page "Request throttling for the Amazon EC2 API". */
const MUTATING = [50, 5] as const
const DESCRIBING = [100, 20] as const
/** DescribeInstances and DescribeNetworkInterfaces with neither filters, ids nor pages. */
const UNFILTERED = [50, 10] as const
const TAGGING = [100, 10] as const

const COSTLY_UNFILTERED = new Set(['DescribeInstances', 'DescribeNetworkInterfaces'])

/** Throws RequestLimitExceeded when the caller asks too often. */
export function throttle(state: State): (action: string, input: Readonly<Record<string, unknown>>) => void {
  const buckets = new Map<string, TokenBucket>()
  return (action, input) => {
    if (!state.switches.throttle) return
    const [category, rate] = rateOf(action, input)
    const key = state.switches.throttleBuckets === 'shared' ? category : `${category} ${action}`
    let bucket = buckets.get(key)
    if (!bucket) {
      bucket = new TokenBucket(rate[0], rate[1], state.clock.now)
      buckets.set(key, bucket)
    }
    if (!bucket.take()) throw new AwsError('RequestLimitExceeded', 'Request limit exceeded.', 503)
  }
}

function rateOf(
  action: string,
  input: Readonly<Record<string, unknown>>,
): [string, readonly [number, number]] {
  if (action === 'CreateTags' || action === 'DeleteTags') return [action, TAGGING]
  if (!action.startsWith('Describe')) return ['mutating', MUTATING]
  const plain = Object.entries(input).every(([name, value]) => name === 'DryRun' || value === undefined)
  return COSTLY_UNFILTERED.has(action) && plain ? ['unfiltered', UNFILTERED] : ['describing', DESCRIBING]
}
