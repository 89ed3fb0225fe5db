import {
  DeleteTrafficMirrorFilterCommand,
  DeleteTrafficMirrorSessionCommand,
  DescribeTrafficMirrorFiltersCommand,
} from '@aws-sdk/client-ec2'
import type { Switches } from '../../aws/switches.ts'
import { refusalOf } from '../errors.ts'
import type { Bench, Finding, Probe } from '../probe.ts'

/** EC2’s documented bursts are 100 describing and 50 mutating calls. */
const DESCRIBING = 200
const MUTATING = 100
const LIMIT = 'RequestLimitExceeded'

/** What EC2 does with too many calls. The last of all: it makes others wait. */
export const throttle: Probe = {
  switches: ['throttle', 'throttleBuckets'],
  missing: (options) => (options.throttle ? null : 'needs --throttle'),
  changes: async () => [
    `up to ${DESCRIBING} describing and ${2 * MUTATING} deleting EC2 calls at once (of ids that are not there): others of the account may be throttled for some seconds`,
  ],
  run: async (bench) => {
    const { ec2Once } = bench.account.clients
    const describing = await codesOf(DESCRIBING, () =>
      ec2Once.send(new DescribeTrafficMirrorFiltersCommand({ MaxResults: 5 })),
    )
    const throttled = describing.filter((code) => code === LIMIT).length
    return {
      throttle: { value: throttled > 0, note: `${throttled} of ${DESCRIBING} calls` },
      throttleBuckets:
        throttled > 0 ? await buckets(bench) : { unseen: 'EC2 throttled no call: there is nothing to share' },
    }
  },
}

/** One action is called until EC2 refuses; then another one has its own allowance or has not. */
const buckets = async ({ account }: Bench): Promise<Finding<Switches['throttleBuckets']>> => {
  const { ec2Once } = account.clients
  const TrafficMirrorSessionId = 'tms-0123456789abcdef0'
  const TrafficMirrorFilterId = 'tmf-0123456789abcdef0'
  const [sessions, filters] = await Promise.all([
    codesOf(MUTATING, () => ec2Once.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId }))),
    codesOf(MUTATING / 4, () =>
      ec2Once.send(new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId })),
    ),
  ])
  if (!sessions.includes(LIMIT)) return { unseen: `EC2 throttled none of ${MUTATING} deletes` }
  return { value: filters.includes(LIMIT) ? 'shared' : 'per-action' }
}

const codesOf = (calls: number, call: () => Promise<unknown>): Promise<(string | null)[]> =>
  Promise.all(Array.from({ length: calls }, () => refusalOf(call())))
