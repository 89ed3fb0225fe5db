import {
  DeleteTrafficMirrorFilterRuleCommand,
  ModifyTrafficMirrorFilterRuleCommand,
  ModifyTrafficMirrorSessionCommand,
  type ModifyTrafficMirrorSessionCommandInput,
} from '@aws-sdk/client-ec2'
import { isMissing, refusalOf } from '../errors.ts'
import { createFilter, createRule, createSession, known } from '../mirroring.ts'
import { type Bench, type Finding, type Probe, until } from '../probe.ts'
import { lowest } from '../search.ts'

/** With a load balancer as target. */
const LONGEST = 8500

/** What EC2 takes for a session. */
export const session: Probe = {
  switches: [
    'packetLengthMin',
    'virtualNetworkIdMax',
    'virtualNetworkIdZero',
    'deleteRuleInUse',
    'duplicateSessionNumberCode',
  ],
  missing: ({ source }) => (source === undefined ? 'needs --source ENI' : null),
  changes: async ({ options }) => [
    `a mirror session on ${options.source}, and perhaps a second, with a filter that mirrors nothing: $0.015 each`,
  ],
  run: async (bench) => {
    const filter = await createFilter(bench)
    const wish = { NetworkInterfaceId: bench.options.source, TrafficMirrorFilterId: filter }
    const id = await createSession(bench, wish)
    const takes = async (change: Partial<ModifyTrafficMirrorSessionCommandInput>) => {
      const code = await refusalOf(known(bench, () => modify(bench, id, change)))
      if (code !== null && !/^(Invalid|Malformed|Validation)/.test(code)) throw new Error(`EC2 says ${code}`)
      return code === null
    }
    return {
      packetLengthMin: {
        value: await lowest((PacketLength) => takes({ PacketLength }), { least: 1, most: LONGEST }),
      },
      virtualNetworkIdMax: {
        value: (await takes({ VirtualNetworkId: 2 ** 24 })) ? 2 ** 24 : 2 ** 24 - 1,
      },
      virtualNetworkIdZero: { value: (await takes({ VirtualNetworkId: 0 })) ? 'accepted' : 'refused' },
      deleteRuleInUse: await deleteRuleInUse(bench, filter),
      duplicateSessionNumberCode: await duplicateNumber(bench, wish),
    }
  },
}

const modify = (
  { account }: Bench,
  TrafficMirrorSessionId: string,
  change: Partial<ModifyTrafficMirrorSessionCommandInput>,
) => account.clients.ec2.send(new ModifyTrafficMirrorSessionCommand({ TrafficMirrorSessionId, ...change }))

/** On the way it looks at what the leases rest on: that EC2 changes the action of a rule that sessions use. */
const deleteRuleInUse = async (
  bench: Bench,
  TrafficMirrorFilterId: string,
): Promise<Finding<'allowed' | 'refused'>> => {
  const rule = await known(bench, () => createRule(bench, { TrafficMirrorFilterId, RuleNumber: 1 }))
  const turning = await refusalOf(
    known(bench, () =>
      bench.account.clients.ec2.send(
        new ModifyTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId: rule, RuleAction: 'reject' }),
      ),
    ),
  )
  const note =
    turning === null
      ? 'it changes the action of one, as leases need'
      : `but it does not change the action of one: ${turning}`
  const code = await until(bench, async () => {
    try {
      await bench.account.clients.ec2.send(
        new DeleteTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId: rule }),
      )
      return ''
    } catch (error) {
      return isMissing(error) ? undefined : (error as Error).name
    }
  })
  if (code === undefined) return { unseen: 'EC2 did not come to know the rule' }
  return code === '' ? { value: 'allowed', note } : { value: 'refused', note: `it says ${code}; ${note}` }
}

const duplicateNumber = async (
  bench: Bench,
  wish: Parameters<typeof createSession>[1],
): Promise<Finding<string>> => {
  const code = await refusalOf(createSession(bench, wish))
  return code === null ? { unseen: 'EC2 takes a number twice' } : { value: code }
}
