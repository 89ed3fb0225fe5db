import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  type CreateTrafficMirrorFilterRuleCommandInput,
  CreateTrafficMirrorSessionCommand,
  CreateTrafficMirrorTargetCommand,
  DeleteTrafficMirrorFilterCommand,
  DeleteTrafficMirrorFilterRuleCommand,
  DeleteTrafficMirrorSessionCommand,
  DeleteTrafficMirrorTargetCommand,
  DescribeTrafficMirrorFilterRulesCommand,
  DescribeTrafficMirrorFiltersCommand,
  DescribeTrafficMirrorTargetsCommand,
  type EC2Client,
  ModifyTrafficMirrorFilterNetworkServicesCommand,
  ModifyTrafficMirrorFilterRuleCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, test } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'
import { albEni, eni, loadBalancerArn, looseEni, mirrorTargetId } from '../../support/aws-world.ts'

async function newFilter(ec2: EC2Client): Promise<string> {
  const { TrafficMirrorFilter: filter } = await ec2.send(new CreateTrafficMirrorFilterCommand({}))
  return filter!.TrafficMirrorFilterId!
}

const rule = (
  TrafficMirrorFilterId: string,
  change: Partial<CreateTrafficMirrorFilterRuleCommandInput> = {},
) =>
  new CreateTrafficMirrorFilterRuleCommand({
    TrafficMirrorFilterId,
    TrafficDirection: 'ingress',
    RuleNumber: 100,
    RuleAction: 'reject',
    SourceCidrBlock: '0.0.0.0/0',
    DestinationCidrBlock: '10.0.0.0/16',
    Protocol: 6,
    DestinationPortRange: { FromPort: 8080, ToPort: 8080 },
    ...change,
  })

describe('a mirror filter', () => {
  test('shows its rules by direction, in order of their numbers', async () => {
    const { ec2 } = await startTestCloud()
    const id = await newFilter(ec2)
    await ec2.send(rule(id, { RuleNumber: 20, Description: 'second' }))
    await ec2.send(rule(id, { RuleNumber: 3, Description: 'first' }))
    await ec2.send(
      rule(id, {
        TrafficDirection: 'egress',
        DestinationPortRange: undefined,
        SourcePortRange: { FromPort: 8080, ToPort: 8081 },
        TagSpecifications: [{ ResourceType: 'traffic-mirror-filter-rule', Tags: [{ Key: 'a', Value: '1' }] }],
      }),
    )

    const { TrafficMirrorFilters: filters } = await ec2.send(
      new DescribeTrafficMirrorFiltersCommand({ TrafficMirrorFilterIds: [id] }),
    )

    expect(id).toMatch(/^tmf-[0-9a-f]{17}$/)
    expect(filters).toHaveLength(1)
    expect(filters?.[0]?.IngressFilterRules?.map((one) => one.Description)).toEqual(['first', 'second'])
    expect(filters?.[0]?.EgressFilterRules).toMatchObject([
      {
        RuleNumber: 100,
        SourcePortRange: { FromPort: 8080, ToPort: 8081 },
        Protocol: 6,
        RuleAction: 'reject',
      },
    ])
    const { TrafficMirrorFilterRules: rules } = await ec2.send(
      new DescribeTrafficMirrorFilterRulesCommand({
        TrafficMirrorFilterId: id,
        Filters: [{ Name: 'traffic-direction', Values: ['egress'] }],
      }),
    )
    expect(rules).toMatchObject([{ Tags: [{ Key: 'a', Value: '1' }] }])
    expect(rules?.[0]?.TrafficMirrorFilterRuleId).toMatch(/^tmfr-[0-9a-f]{17}$/)
  })

  test('has at most ten rules over both directions, each with a number of its own', async () => {
    const { ec2 } = await startTestCloud()
    const id = await newFilter(ec2)
    for (let n = 1; n <= 5; n += 1) {
      await ec2.send(rule(id, { RuleNumber: n }))
      await ec2.send(rule(id, { RuleNumber: n, TrafficDirection: 'egress' }))
    }

    expect(await errorCode(ec2.send(rule(id, { RuleNumber: 6 })))).toBe(
      'TrafficMirrorFilterRuleLimitExceeded',
    )
    expect(await errorCode(ec2.send(rule(id, { RuleNumber: 5 })))).toBe(
      'TrafficMirrorFilterRuleAlreadyExists',
    )
  })

  test('refuses rules that make no sense', async () => {
    const { ec2 } = await startTestCloud()
    const id = await newFilter(ec2)
    const refused = (change: Partial<CreateTrafficMirrorFilterRuleCommandInput>) =>
      errorCode(ec2.send(rule(id, change)))

    expect(await refused({ SourceCidrBlock: '::/0' })).toBe('InvalidParameterCombination')
    expect(await refused({ SourceCidrBlock: '10.0.0.0/33' })).toBe('InvalidParameterValue')
    expect(await refused({ SourceCidrBlock: 'everywhere' })).toBe('InvalidParameterValue')
    expect(await refused({ RuleNumber: 0 })).toBe('InvalidParameterValue')
    expect(await refused({ RuleNumber: 32_767 })).toBe('InvalidParameterValue')
    expect(await refused({ Protocol: 256 })).toBe('InvalidParameterValue')
    expect(await refused({ Protocol: undefined })).toBe('InvalidParameterCombination')
    expect(await refused({ DestinationPortRange: { FromPort: 90, ToPort: 80 } })).toBe(
      'InvalidParameterValue',
    )
    expect(await refused({ DestinationPortRange: { FromPort: 1, ToPort: 65_536 } })).toBe(
      'InvalidParameterValue',
    )
    expect(await refused({ RuleAction: 'drop' as 'reject' })).toBe('InvalidParameterValue')
    expect(await errorCode(ec2.send(rule('tmf-0f')))).toBe('InvalidTrafficMirrorFilterId.NotFound')
    await ec2.send(rule(id, { SourceCidrBlock: '::/0', DestinationCidrBlock: '2001:db8::/32' }))
  })

  test('lets a rule be changed, with its protocol sent again when ports change', async () => {
    const { ec2 } = await startTestCloud()
    const id = await newFilter(ec2)
    const { TrafficMirrorFilterRule: made } = await ec2.send(
      rule(id, { TagSpecifications: [{ ResourceType: 'traffic-mirror-filter-rule', Tags: [{ Key: 'a' }] }] }),
    )
    const TrafficMirrorFilterRuleId = made!.TrafficMirrorFilterRuleId
    const modify = (change: object) =>
      ec2.send(new ModifyTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId, ...change }))

    const accepting = await modify({ RuleAction: 'accept', Protocol: 6 })
    expect(accepting.TrafficMirrorFilterRule).toMatchObject({
      RuleAction: 'accept',
      DestinationPortRange: { FromPort: 8080, ToPort: 8080 },
    })
    expect(accepting.TrafficMirrorFilterRule?.Tags ?? []).toEqual([])
    const ports = { DestinationPortRange: { FromPort: 1, ToPort: 2 } }
    expect(await errorCode(modify(ports))).toBe('InvalidParameterCombination')
    await modify({ ...ports, Protocol: 17 })
    expect(await errorCode(modify({ RemoveFields: ['protocol'] }))).toBe('InvalidParameterCombination')
    const bare = await modify({ RemoveFields: ['protocol', 'destination-port-range'] })
    expect(bare.TrafficMirrorFilterRule?.Protocol).toBeUndefined()
  })

  test('is in use while a session has it, and takes its rules with it', async () => {
    const { ec2 } = await startTestCloud()
    const id = await newFilter(ec2)
    await ec2.send(rule(id))
    const { TrafficMirrorSession: session } = await ec2.send(
      new CreateTrafficMirrorSessionCommand({
        NetworkInterfaceId: eni(1),
        TrafficMirrorTargetId: mirrorTargetId,
        TrafficMirrorFilterId: id,
        SessionNumber: 1,
      }),
    )
    const remove = () => ec2.send(new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId: id }))

    expect(await errorCode(remove())).toBe('TrafficMirrorFilterInUse')
    await ec2.send(
      new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId: session!.TrafficMirrorSessionId }),
    )
    await remove()
    expect(await errorCode(remove())).toBe('InvalidTrafficMirrorFilterId.NotFound')
    const { TrafficMirrorFilterRules: rules } = await ec2.send(
      new DescribeTrafficMirrorFilterRulesCommand({}),
    )
    expect(rules).toEqual([])
  })

  test.each(['allowed', 'refused'] as const)('with deleting a rule in use %s', async (deleteRuleInUse) => {
    const { ec2 } = await startTestCloud({ switches: { deleteRuleInUse } })
    const id = await newFilter(ec2)
    const { TrafficMirrorFilterRule: made } = await ec2.send(rule(id))
    await ec2.send(
      new CreateTrafficMirrorSessionCommand({
        NetworkInterfaceId: eni(1),
        TrafficMirrorTargetId: mirrorTargetId,
        TrafficMirrorFilterId: id,
        SessionNumber: 1,
      }),
    )
    const remove = ec2.send(
      new DeleteTrafficMirrorFilterRuleCommand({
        TrafficMirrorFilterRuleId: made!.TrafficMirrorFilterRuleId,
      }),
    )

    if (deleteRuleInUse === 'refused') expect(await errorCode(remove)).toBe('TrafficMirrorFilterInUse')
    else expect((await remove).TrafficMirrorFilterRuleId).toBe(made!.TrafficMirrorFilterRuleId)
  })

  test('mirrors DNS of the VPC only when told to', async () => {
    const { ec2 } = await startTestCloud()
    const TrafficMirrorFilterId = await newFilter(ec2)
    const modify = (change: object) =>
      ec2.send(new ModifyTrafficMirrorFilterNetworkServicesCommand({ TrafficMirrorFilterId, ...change }))

    const added = await modify({ AddNetworkServices: ['amazon-dns'] })
    expect(added.TrafficMirrorFilter?.NetworkServices).toEqual(['amazon-dns'])
    const removed = await modify({ RemoveNetworkServices: ['amazon-dns'] })
    expect(removed.TrafficMirrorFilter?.NetworkServices ?? []).toEqual([])
    expect(await errorCode(modify({ AddNetworkServices: ['amazon-ntp'] }))).toBe('InvalidParameterValue')
  })
})

describe('a mirror target', () => {
  test('is one load balancer or one interface, and is in use while sessions have it', async () => {
    const { ec2 } = await startTestCloud()
    const make = (input: object) => ec2.send(new CreateTrafficMirrorTargetCommand(input))

    expect(await errorCode(make({}))).toBe('InvalidParameterCombination')
    expect(
      await errorCode(make({ NetworkInterfaceId: eni(1), NetworkLoadBalancerArn: loadBalancerArn })),
    ).toBe('InvalidParameterCombination')
    expect(await errorCode(make({ NetworkInterfaceId: 'eni-0f' }))).toBe('InvalidNetworkInterfaceID.NotFound')
    expect(await errorCode(make({ NetworkLoadBalancerArn: `${loadBalancerArn}x` }))).toBe(
      'InvalidParameterValue',
    )
    const { TrafficMirrorTarget: target } = await make({ NetworkInterfaceId: looseEni })
    expect(target).toMatchObject({ Type: 'network-interface', OwnerId: '111122223333' })
    const { TrafficMirrorSession: session } = await ec2.send(
      new CreateTrafficMirrorSessionCommand({
        NetworkInterfaceId: eni(1),
        TrafficMirrorTargetId: target!.TrafficMirrorTargetId,
        TrafficMirrorFilterId: await newFilter(ec2),
        SessionNumber: 1,
      }),
    )
    expect(session?.PacketLength).toBeUndefined()
    const remove = () =>
      ec2.send(new DeleteTrafficMirrorTargetCommand({ TrafficMirrorTargetId: target!.TrafficMirrorTargetId }))
    expect(await errorCode(remove())).toBe('TrafficMirrorTargetInUseException')
    await ec2.send(
      new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId: session!.TrafficMirrorSessionId }),
    )
    await remove()
    const { TrafficMirrorTargets: left } = await ec2.send(new DescribeTrafficMirrorTargetsCommand({}))
    expect(left).toMatchObject([
      {
        TrafficMirrorTargetId: mirrorTargetId,
        Type: 'network-load-balancer',
        NetworkLoadBalancerArn: loadBalancerArn,
      },
    ])
  })

  test('made of an interface cannot be a source itself, and has at most ten sources', async () => {
    const { ec2 } = await startTestCloud({ switches: { throttle: false } })
    const { TrafficMirrorTarget: target } = await ec2.send(
      new CreateTrafficMirrorTargetCommand({ NetworkInterfaceId: looseEni }),
    )
    const TrafficMirrorFilterId = await newFilter(ec2)
    const from = (NetworkInterfaceId: string) =>
      ec2.send(
        new CreateTrafficMirrorSessionCommand({
          NetworkInterfaceId,
          TrafficMirrorTargetId: target!.TrafficMirrorTargetId,
          TrafficMirrorFilterId,
          SessionNumber: 1,
        }),
      )

    expect(await errorCode(from(looseEni))).toBe('InvalidParameterValue')
    expect(await errorCode(from(albEni))).toBe('InvalidParameterValue')
    for (let n = 1; n <= 10; n += 1) await from(eni(n))
    expect(await errorCode(from(eni(11)))).toBe('TrafficMirrorSourcesPerTargetLimitExceeded')
  })
})
