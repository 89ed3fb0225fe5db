import {
  DeleteTrafficMirrorFilterCommand,
  DescribeTrafficMirrorFiltersCommand,
  ModifyTrafficMirrorFilterRuleCommand,
} from '@aws-sdk/client-ec2'
import type { Switches } from '../../aws/switches.ts'
import { isMissing, refusalOf } from '../errors.ts'
import { createFilter, createRule, deleteRule, known, type RuleWish } from '../mirroring.ts'
import { TOKEN } from '../options.ts'
import { type Bench, type Finding, type Probe, secondsUntil } from '../probe.ts'
import { highest } from '../search.ts'

/** What EC2 does with mirror filters, their rules and client tokens. */
export const filter: Probe = {
  switches: [
    'referenceLagSeconds',
    'describeLagSeconds',
    'ruleNumberMax',
    'modifyPortsNeedsProtocol',
    'tokenAfterDelete',
    'tokenLifetimeHours',
  ],
  changes: async () => ['mirror filters without a session, and rules in them: free'],
  run: async (bench) => {
    const begin = performance.now()
    const id = await createFilter(bench)
    const [referenceLagSeconds, describeLagSeconds] = await Promise.all([
      referenceLag(bench, begin, id),
      describeLag(bench, begin, id),
    ])
    return {
      referenceLagSeconds,
      describeLagSeconds,
      ruleNumberMax: await ruleNumberMax(bench, id),
      modifyPortsNeedsProtocol: await modifyPortsNeedsProtocol(bench, id),
      tokenAfterDelete: await tokenAfterDelete(bench),
      tokenLifetimeHours: await tokenLifetime(bench),
    }
  },
}

/** Until another call may name the filter. */
const referenceLag = (bench: Bench, begin: number, TrafficMirrorFilterId: string): Promise<Finding<number>> =>
  secondsUntil(bench, begin, async () => {
    try {
      return await createRule(bench, { TrafficMirrorFilterId, RuleNumber: 1 })
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })

const describeLag = (bench: Bench, begin: number, id: string): Promise<Finding<number>> =>
  secondsUntil(bench, begin, async () => {
    const code = await refusalOf(
      bench.account.clients.ec2.send(
        new DescribeTrafficMirrorFiltersCommand({ TrafficMirrorFilterIds: [id] }),
      ),
    )
    return code === null ? true : undefined
  })

const ruleNumberMax = async (bench: Bench, TrafficMirrorFilterId: string): Promise<Finding<number>> => {
  const isTaken = async (RuleNumber: number) => {
    const wish: RuleWish = { TrafficMirrorFilterId, RuleNumber }
    try {
      await deleteRule(bench, await known(bench, () => createRule(bench, wish)))
      return true
    } catch (error) {
      if (/^(Invalid|Missing|Malformed|Validation)/.test((error as Error).name)) return false
      throw error
    }
  }
  return { value: await highest(isTaken, { likely: 32_766, most: 2 ** 31 - 1 }) }
}

const modifyPortsNeedsProtocol = async (
  bench: Bench,
  TrafficMirrorFilterId: string,
): Promise<Finding<boolean>> => {
  const rule = await createRule(bench, { TrafficMirrorFilterId, RuleNumber: 2, Protocol: 6 })
  const code = await refusalOf(
    known(bench, () =>
      bench.account.clients.ec2.send(
        new ModifyTrafficMirrorFilterRuleCommand({
          TrafficMirrorFilterRuleId: rule,
          DestinationPortRange: { FromPort: 80, ToPort: 80 },
        }),
      ),
    ),
  )
  return { value: code !== null, ...(code !== null && { note: `it says ${code}` }) }
}

const tokenAfterDelete = async (bench: Bench): Promise<Finding<Switches['tokenAfterDelete']>> => {
  const wish = { ClientToken: `shadowmeter-verify-after-${bench.run}` }
  const first = await createFilter(bench, wish)
  await known(bench, () => deleteFilter(bench, first))
  try {
    return { value: (await createFilter(bench, wish)) === first ? 'original' : 'recreate' }
  } catch (error) {
    const { name } = error as Error
    return name === 'IdempotentParameterMismatch' ? { value: 'mismatch' } : { unseen: `EC2 says ${name}` }
  }
}

/** One run cannot wait so long: a later one asks with the token of this one and other parameters. */
const tokenLifetime = async (bench: Bench): Promise<Finding<number>> => {
  const { token } = bench.options
  if (token === undefined) {
    const ClientToken = `shadowmeter-verify-${Date.now()}`
    await createFilter(bench, { ClientToken })
    return { unseen: `run again after some hours with --token ${ClientToken}` }
  }
  const hours = ((Date.now() - Number(TOKEN.exec(token)?.[1])) / 3_600_000).toPrecision(3)
  try {
    await createFilter(bench, { ClientToken: token, Description: 'Shadowmeter verify, again' })
    return { bound: `at most ${hours}` }
  } catch (error) {
    const { name } = error as Error
    return name === 'IdempotentParameterMismatch'
      ? { bound: `more than ${hours}` }
      : { unseen: `EC2 says ${name}` }
  }
}

const deleteFilter = ({ account }: Bench, TrafficMirrorFilterId: string) =>
  account.clients.ec2.send(new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId }))
