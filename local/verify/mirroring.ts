import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  type CreateTrafficMirrorFilterRuleCommandInput,
  CreateTrafficMirrorSessionCommand,
  type CreateTrafficMirrorSessionCommandInput,
  DeleteTrafficMirrorFilterCommand,
  DeleteTrafficMirrorFilterRuleCommand,
  DeleteTrafficMirrorSessionCommand,
} from '@aws-sdk/client-ec2'
import { isMissing } from './errors.ts'
import { type Bench, until } from './probe.ts'

/** The lowest priority there is: any other session on the interface goes before. */
export const LAST_NUMBER = 32_766

/** A filter without rules: nothing is mirrored by it. */
export const createFilter = async (
  { account, leftovers, tags }: Bench,
  more: { ClientToken?: string; Description?: string } = {},
): Promise<string> => {
  const { ec2 } = account.clients
  const { TrafficMirrorFilter: filter } = await ec2.send(
    new CreateTrafficMirrorFilterCommand({
      Description: 'Shadowmeter verify',
      ...more,
      TagSpecifications: [{ ResourceType: 'traffic-mirror-filter', Tags: tags }],
    }),
  )
  const TrafficMirrorFilterId = filter?.TrafficMirrorFilterId ?? ''
  leftovers.add(`mirror filter ${TrafficMirrorFilterId}`, () =>
    ec2.send(new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId })),
  )
  return TrafficMirrorFilterId
}

export type RuleWish = Omit<
  CreateTrafficMirrorFilterRuleCommandInput,
  'TrafficDirection' | 'RuleAction' | 'SourceCidrBlock' | 'DestinationCidrBlock'
>

/** A rule that rejects everything; it goes with its filter. */
export const createRule = async ({ account, tags }: Bench, wish: RuleWish): Promise<string> => {
  const { TrafficMirrorFilterRule: rule } = await account.clients.ec2.send(
    new CreateTrafficMirrorFilterRuleCommand({
      TrafficDirection: 'ingress',
      RuleAction: 'reject',
      SourceCidrBlock: '192.0.2.0/24',
      DestinationCidrBlock: '192.0.2.0/24',
      TagSpecifications: [{ ResourceType: 'traffic-mirror-filter-rule', Tags: tags }],
      ...wish,
    }),
  )
  return rule?.TrafficMirrorFilterRuleId ?? ''
}

export const deleteRule = (bench: Bench, TrafficMirrorFilterRuleId: string) =>
  known(bench, () =>
    bench.account.clients.ec2.send(new DeleteTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId })),
  )

export const createSession = async (
  bench: Bench,
  wish: Pick<CreateTrafficMirrorSessionCommandInput, 'NetworkInterfaceId' | 'TrafficMirrorFilterId'> &
    Partial<CreateTrafficMirrorSessionCommandInput>,
): Promise<string> => {
  const { account, leftovers, tags } = bench
  const { ec2 } = account.clients
  const { TrafficMirrorSession: session } = await known(bench, () =>
    ec2.send(
      new CreateTrafficMirrorSessionCommand({
        TrafficMirrorTargetId: account.mirrorTarget.TrafficMirrorTargetId,
        SessionNumber: LAST_NUMBER,
        Description: 'Shadowmeter verify',
        TagSpecifications: [{ ResourceType: 'traffic-mirror-session', Tags: tags }],
        ...wish,
      }),
    ),
  )
  const TrafficMirrorSessionId = session?.TrafficMirrorSessionId ?? ''
  leftovers.add(`mirror session ${TrafficMirrorSessionId}`, () =>
    ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId })),
  )
  return TrafficMirrorSessionId
}

/** Again while AWS does not know yet what it has just made. */
export const known = async <Answer>(bench: Bench, call: () => Promise<Answer>): Promise<Answer> => {
  const answer = await until(bench, async () => {
    try {
      return { was: await call() }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
  if (!answer) return call()
  return answer.was
}
