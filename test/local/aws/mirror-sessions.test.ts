import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorSessionCommand,
  type CreateTrafficMirrorSessionCommandInput,
  DeleteTrafficMirrorSessionCommand,
  DescribeTagsCommand,
  DescribeTrafficMirrorSessionsCommand,
  type EC2Client,
  ModifyTrafficMirrorSessionCommand,
  paginateDescribeTrafficMirrorSessions,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, test } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'
import {
  albEni,
  eni,
  futureFamilyEni,
  instance,
  ipv6OnlyEni,
  lambdaEni,
  looseEni,
  mirrorTargetId,
  newFamilyEni,
  parkingFilterId,
  rdsEni,
} from '../../support/aws-world.ts'

const session = (change: Partial<CreateTrafficMirrorSessionCommandInput> = {}) =>
  new CreateTrafficMirrorSessionCommand({
    NetworkInterfaceId: eni(1),
    TrafficMirrorTargetId: mirrorTargetId,
    TrafficMirrorFilterId: parkingFilterId,
    SessionNumber: 1,
    ...change,
  })

const tagged = (tags: Record<string, string>) => [
  {
    ResourceType: 'traffic-mirror-session' as const,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  },
]

async function create(ec2: EC2Client, change: Partial<CreateTrafficMirrorSessionCommandInput> = {}) {
  const { TrafficMirrorSession: made } = await ec2.send(session(change))
  return made!
}

describe('a mirror session', () => {
  test('is made with the defaults of a load balancer target, its tags, and an id as AWS has them', async () => {
    const { ec2 } = await startTestCloud()

    const made = await create(ec2, { Description: 'a & b', TagSpecifications: tagged({ owner: 'Zoë <x>' }) })

    expect(made.TrafficMirrorSessionId).toMatch(/^tms-[0-9a-f]{17}$/)
    expect(made).toMatchObject({
      TrafficMirrorTargetId: mirrorTargetId,
      NetworkInterfaceId: eni(1),
      OwnerId: '111122223333',
      PacketLength: 8500,
      SessionNumber: 1,
      Description: 'a & b',
      Tags: [{ Key: 'owner', Value: 'Zoë <x>' }],
    })
    expect(made.VirtualNetworkId).toBeGreaterThan(0)
    expect(made.VirtualNetworkId).toBeLessThan(2 ** 24)
    const { TrafficMirrorSessions: seen } = await ec2.send(
      new DescribeTrafficMirrorSessionsCommand({ TrafficMirrorSessionIds: [made.TrafficMirrorSessionId!] }),
    )
    expect(seen).toEqual([made])
  })

  test('is refused outside the limits of the API', async () => {
    const { ec2 } = await startTestCloud()
    const refused = (change: Partial<CreateTrafficMirrorSessionCommandInput>) =>
      errorCode(ec2.send(session(change)))

    expect(await refused({ PacketLength: 8501 })).toBe('InvalidParameterValue')
    expect(await refused({ PacketLength: 0 })).toBe('InvalidParameterValue')
    expect(await refused({ SessionNumber: 0 })).toBe('InvalidParameterValue')
    expect(await refused({ SessionNumber: 32_767 })).toBe('InvalidParameterValue')
    expect(await refused({ VirtualNetworkId: 0 })).toBe('InvalidParameterValue')
    expect(await refused({ VirtualNetworkId: 2 ** 24 })).toBe('InvalidParameterValue')
    expect(await refused({ NetworkInterfaceId: 'eni-0f' })).toBe('InvalidNetworkInterfaceID.NotFound')
    expect(await refused({ TrafficMirrorFilterId: 'tmf-0f' })).toBe('InvalidTrafficMirrorFilterId.NotFound')
    expect(await refused({ TrafficMirrorTargetId: 'tmt-0f' })).toBe('InvalidTrafficMirrorTargetId.NotFound')
    expect(await refused({ SessionNumber: undefined })).toBe('MissingParameter')
    expect(await refused({ TagSpecifications: [{ ResourceType: 'instance', Tags: [] }] })).toBe(
      'InvalidParameterValue',
    )
    expect(await refused({ TagSpecifications: tagged({ 'aws:x': '1' }) })).toBe('InvalidParameterValue')
    const { TrafficMirrorSessions: none } = await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))
    expect(none).toEqual([])
  })

  test('has a number of its own on its interface, which holds three', async () => {
    const { ec2 } = await startTestCloud()
    await create(ec2, { SessionNumber: 1 })

    expect(await errorCode(ec2.send(session({ SessionNumber: 1 })))).toBe('InvalidParameterValue')
    await create(ec2, { SessionNumber: 2 })
    await create(ec2, { SessionNumber: 3 })
    expect(await errorCode(ec2.send(session({ SessionNumber: 4 })))).toBe(
      'TrafficMirrorSessionsPerInterfaceLimitExceeded',
    )
    await create(ec2, { SessionNumber: 1, NetworkInterfaceId: eni(2) })
  })

  test('needs an interface that AWS can mirror', async () => {
    const { ec2 } = await startTestCloud()
    const on = (id: string) => errorCode(ec2.send(session({ NetworkInterfaceId: id })))

    expect(await on(newFamilyEni)).toBe('UnsupportedOperation')
    expect(await on(albEni)).toBe('InvalidParameterValue')
    expect(await on(lambdaEni)).toBe('InvalidParameterValue')
    expect(await on(ipv6OnlyEni)).toBe('InvalidParameterValue')
    await create(ec2, { NetworkInterfaceId: rdsEni })
    await create(ec2, { NetworkInterfaceId: looseEni })
    await create(ec2, { NetworkInterfaceId: futureFamilyEni })
  })

  test('answers as the switches say where no source knows', async () => {
    const { ec2 } = await startTestCloud({
      switches: {
        notFoundSpelling: 'documented',
        duplicateSessionNumberCode: 'SessionNumberInUse',
        unsupportedInstanceTypeCode: 'InvalidInstanceType',
        unknownFamilySource: 'refused',
        loadBalancerSource: 'accepted',
        dryRunChecksEligibility: true,
      },
    })
    await create(ec2)

    expect(await errorCode(ec2.send(session()))).toBe('SessionNumberInUse')
    expect(await errorCode(ec2.send(session({ NetworkInterfaceId: futureFamilyEni })))).toBe(
      'InvalidInstanceType',
    )
    expect(await errorCode(ec2.send(session({ NetworkInterfaceId: newFamilyEni, DryRun: true })))).toBe(
      'InvalidInstanceType',
    )
    expect(await errorCode(ec2.send(session({ NetworkInterfaceId: eni(2), DryRun: true })))).toBe(
      'DryRunOperation',
    )
    await create(ec2, { NetworkInterfaceId: albEni })
    expect(
      await errorCode(ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId: 'tms-0f' }))),
    ).toBe('InvalidTrafficMirrorSessionNotFound')
    expect(await errorCode(ec2.send(session({ TrafficMirrorTargetId: 'tmt-0f' })))).toBe(
      'InvalidTrafficMirrorTargetNoFound',
    )
  })

  test('is not made by a dry run, which by default looks at permissions only', async () => {
    const { ec2 } = await startTestCloud()

    expect(await errorCode(ec2.send(session({ NetworkInterfaceId: newFamilyEni, DryRun: true })))).toBe(
      'DryRunOperation',
    )
    const { TrafficMirrorSessions: none } = await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))
    expect(none).toEqual([])
  })

  test('can be changed, and its fields set back to their defaults', async () => {
    const { ec2 } = await startTestCloud()
    const { TrafficMirrorSessionId } = await create(ec2, {
      PacketLength: 200,
      Description: 'x',
      VirtualNetworkId: 77,
    })
    const { TrafficMirrorFilter: filter } = await ec2.send(new CreateTrafficMirrorFilterCommand({}))

    const moved = await ec2.send(
      new ModifyTrafficMirrorSessionCommand({
        TrafficMirrorSessionId,
        TrafficMirrorFilterId: filter!.TrafficMirrorFilterId,
        SessionNumber: 9,
        VirtualNetworkId: 88,
      }),
    )
    expect(moved.TrafficMirrorSession).toMatchObject({
      TrafficMirrorFilterId: filter!.TrafficMirrorFilterId,
      SessionNumber: 9,
      PacketLength: 200,
      VirtualNetworkId: 88,
    })
    const reset = await ec2.send(
      new ModifyTrafficMirrorSessionCommand({
        TrafficMirrorSessionId,
        RemoveFields: ['packet-length', 'description', 'virtual-network-id'],
      }),
    )
    expect(reset.TrafficMirrorSession).toMatchObject({ PacketLength: 8500, SessionNumber: 9 })
    expect(reset.TrafficMirrorSession?.Description).toBeUndefined()
    expect(reset.TrafficMirrorSession?.VirtualNetworkId).not.toBe(88)
  })

  test('goes once, and is not found afterwards', async () => {
    const { ec2 } = await startTestCloud()
    const { TrafficMirrorSessionId } = await create(ec2)
    const remove = () => ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId }))

    expect((await remove()).TrafficMirrorSessionId).toBe(TrafficMirrorSessionId)
    expect(await errorCode(remove())).toBe('InvalidTrafficMirrorSessionId.NotFound')
    expect(
      await errorCode(
        ec2.send(
          new DescribeTrafficMirrorSessionsCommand({ TrafficMirrorSessionIds: [TrafficMirrorSessionId!] }),
        ),
      ),
    ).toBe('InvalidTrafficMirrorSessionId.NotFound')
  })

  test('goes with its interface when the instance is terminated, and so do its tags', async () => {
    const { ec2, cloud } = await startTestCloud()
    const { TrafficMirrorSessionId } = await create(ec2, { TagSpecifications: tagged({ a: '1' }) })
    await create(ec2, { NetworkInterfaceId: eni(2) })

    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance(1)] }))

    const { TrafficMirrorSessions: left } = await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))
    expect(left?.map((one) => one.NetworkInterfaceId)).toEqual([eni(2)])
    const { Tags: tags } = await ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'resource-type', Values: ['traffic-mirror-session'] }] }),
    )
    expect(tags).toEqual([])
    const { calls } = (await (await fetch(`${cloud.address}/-/calls?service=ec2`)).json()) as {
      calls: { action: string; deleted: string[] }[]
    }
    expect(calls.find(({ action }) => action === 'TerminateInstances')?.deleted).toEqual([
      TrafficMirrorSessionId,
      eni(1),
    ])
  })
})

describe('a ClientToken', () => {
  const token = { ClientToken: 'experiment-1-eni-1-generation-1' }

  test('makes a repeated create answer with the first session', async () => {
    const { ec2 } = await startTestCloud()
    const first = await create(ec2, token)

    expect(await create(ec2, token)).toEqual(first)
    expect(await errorCode(ec2.send(session({ ...token, SessionNumber: 2 })))).toBe(
      'IdempotentParameterMismatch',
    )
    expect(await errorCode(ec2.send(session({ ClientToken: 'x'.repeat(65) })))).toBe('InvalidParameterValue')
    const { TrafficMirrorSessions: all } = await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))
    expect(all).toHaveLength(1)
  })

  test.each([
    ['original', 'same', 0],
    ['recreate', 'another', 1],
    ['mismatch', 'IdempotentParameterMismatch', 0],
  ] as const)(
    'after the delete, with the switch on %s, gives %s',
    async (tokenAfterDelete, expected, living) => {
      const { ec2 } = await startTestCloud({ switches: { tokenAfterDelete } })
      const { TrafficMirrorSessionId: first } = await create(ec2, token)
      await ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId: first }))

      const again = await ec2.send(session(token)).then(
        (answer) => (answer.TrafficMirrorSession?.TrafficMirrorSessionId === first ? 'same' : 'another'),
        (error: Error) => error.name,
      )

      expect(again).toBe(expected)
      const { TrafficMirrorSessions: all } = await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))
      expect(all).toHaveLength(living)
    },
  )
})

describe('DescribeTrafficMirrorSessions', () => {
  test('pages and filters as documented', async () => {
    const { ec2 } = await startTestCloud()
    for (let n = 1; n <= 12; n += 1) {
      await create(ec2, { NetworkInterfaceId: eni(n), SessionNumber: n, VirtualNetworkId: 100 + n })
    }

    const pages: number[] = []
    const ids = new Set<string>()
    for await (const page of paginateDescribeTrafficMirrorSessions({ client: ec2, pageSize: 5 }, {})) {
      pages.push(page.TrafficMirrorSessions?.length ?? 0)
      for (const one of page.TrafficMirrorSessions ?? []) ids.add(one.TrafficMirrorSessionId!)
    }
    const find = async (Name: string, ...Values: string[]) =>
      (await ec2.send(new DescribeTrafficMirrorSessionsCommand({ Filters: [{ Name, Values }] })))
        .TrafficMirrorSessions

    expect(pages).toEqual([5, 5, 2])
    expect(ids.size).toBe(12)
    expect(await find('network-interface-id', eni(3), eni(4))).toHaveLength(2)
    expect(await find('session-number', '7')).toHaveLength(1)
    expect(await find('virtual-network-id', '10?')).toHaveLength(9)
    expect(await find('traffic-mirror-target-id', 'tmt-*')).toHaveLength(12)
    expect(await find('owner-id', '999999999999')).toHaveLength(0)
  })

  test('refuses pages and filters that AWS does not have', async () => {
    const { ec2 } = await startTestCloud()
    const ask = (input: object) => errorCode(ec2.send(new DescribeTrafficMirrorSessionsCommand(input)))

    expect(await ask({ MaxResults: 4 })).toBe('InvalidParameterValue')
    expect(await ask({ MaxResults: 1001 })).toBe('InvalidParameterValue')
    expect(await ask({ NextToken: 'nonsense' })).toBe('InvalidParameterValue')
    expect(await ask({ Filters: [{ Name: 'colour', Values: ['red'] }] })).toBe('InvalidParameterValue')
    expect(await ask({ Filters: [{ Name: 'tag:owner', Values: ['a'] }] })).toBe('InvalidParameterValue')
  })

  test.each([
    ['honoured', 1],
    ['ignored', 2],
  ] as const)('treats a tag filter as %s when the switch says so', async (mirrorTagFilter, found) => {
    const { ec2 } = await startTestCloud({ switches: { mirrorTagFilter } })
    await create(ec2, { TagSpecifications: tagged({ owner: 'a' }) })
    await create(ec2, { NetworkInterfaceId: eni(2) })

    const { TrafficMirrorSessions: seen } = await ec2.send(
      new DescribeTrafficMirrorSessionsCommand({ Filters: [{ Name: 'tag:owner', Values: ['a'] }] }),
    )

    expect(seen).toHaveLength(found)
  })
})
