import {
  DescribeTrafficMirrorSessionsCommand,
  DescribeTrafficMirrorTargetsCommand,
} from '@aws-sdk/client-ec2'
import type { Switches } from '../../aws/switches.ts'
import { refusalOf } from '../errors.ts'
import type { Bench, Finding, Probe } from '../probe.ts'

/** Asks EC2 for what is not there. */
export const lookup: Probe = {
  switches: ['notFoundSpelling', 'mirrorTagFilter'],
  changes: null,
  run: async (bench) => ({
    notFoundSpelling: await notFoundSpelling(bench),
    mirrorTagFilter: await mirrorTagFilter(bench),
  }),
}

const SPELLINGS: Record<string, Switches['notFoundSpelling']> = {
  InvalidTrafficMirrorSessionNotFound: 'documented',
  'InvalidTrafficMirrorSessionId.NotFound': 'observed',
}

const notFoundSpelling = async ({ account }: Bench): Promise<Finding<Switches['notFoundSpelling']>> => {
  const TrafficMirrorSessionIds = ['tms-0123456789abcdef0']
  const code = await refusalOf(
    account.clients.ec2.send(new DescribeTrafficMirrorSessionsCommand({ TrafficMirrorSessionIds })),
  )
  const value = SPELLINGS[code ?? '']
  return value ? { value } : { unseen: `EC2 says ${code ?? 'nothing'} for a session that is not there` }
}

const mirrorTagFilter = async ({ account }: Bench): Promise<Finding<Switches['mirrorTagFilter']>> => {
  const Filters = [{ Name: 'tag:deployment', Values: ['nobody'] }]
  try {
    const { TrafficMirrorTargets: found = [] } = await account.clients.ec2.send(
      new DescribeTrafficMirrorTargetsCommand({ Filters }),
    )
    return { value: found.length > 0 ? 'ignored' : 'honoured' }
  } catch (error) {
    const { name } = error as Error
    return name === 'InvalidParameterValue' ? { value: 'refused' } : { unseen: `EC2 says ${name}` }
  }
}
