import {
  CreateTagsCommand,
  CreateTrafficMirrorFilterCommand,
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeTrafficMirrorFiltersCommand,
  DescribeVpcsCommand,
  paginateDescribeInstances,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, test } from 'vitest'
import { errorCode, eventually, startTestCloud } from '../../support/aws-clients.ts'
import { eni, instance, parkingFilterId, rdsEni, subnetA, subnetB, vpcId } from '../../support/aws-world.ts'
import { ManualClock } from '../../support/manual-clock.ts'

describe('the network', () => {
  test('shows interfaces with what decides about mirroring', async () => {
    const { ec2 } = await startTestCloud()

    const { NetworkInterfaces: rows } = await ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [eni(2), rdsEni] }),
    )

    expect(rows).toMatchObject([
      {
        NetworkInterfaceId: eni(2),
        InterfaceType: 'interface',
        RequesterManaged: false,
        MacAddress: '02:00:00:00:00:02',
        PrivateIpAddress: '10.0.2.2',
        SubnetId: subnetB,
        VpcId: vpcId,
        AvailabilityZone: 'us-east-1b',
        Status: 'in-use',
        Attachment: {
          InstanceId: instance(2),
          DeviceIndex: 0,
          DeleteOnTermination: true,
          Status: 'attached',
        },
      },
      { NetworkInterfaceId: rdsEni, RequesterManaged: true, RequesterId: 'amazon-rds' },
    ])
    expect(
      await errorCode(ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ['eni-0f'] }))),
    ).toBe('InvalidNetworkInterfaceID.NotFound')
  })

  test('finds interfaces, instances, subnets and VPCs by filter', async () => {
    const { ec2 } = await startTestCloud()
    const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] })

    const ofInstance = await ec2.send(
      new DescribeNetworkInterfacesCommand(filter('attachment.instance-id', instance(3))),
    )
    const managed = await ec2.send(new DescribeNetworkInterfacesCommand(filter('requester-managed', 'true')))
    const fleet = await ec2.send(
      new DescribeInstancesCommand(filter('tag:aws:autoscaling:groupName', 'checkout')),
    )
    const { Subnets: subnets } = await ec2.send(new DescribeSubnetsCommand(filter('vpc-id', vpcId)))
    const { Vpcs: vpcs } = await ec2.send(new DescribeVpcsCommand(filter('tag:Name', 'sh*')))
    const { Vpcs: literal } = await ec2.send(new DescribeVpcsCommand(filter('tag:Name', 'sh\\*')))

    expect(ofInstance.NetworkInterfaces?.map((row) => row.NetworkInterfaceId)).toEqual([eni(3)])
    expect(managed.NetworkInterfaces).toHaveLength(4)
    expect(fleet.Reservations?.flatMap((row) => row.Instances ?? [])).toHaveLength(12)
    expect(subnets?.map((row) => [row.SubnetId, row.AvailabilityZoneId, row.Ipv6Native])).toEqual([
      [subnetA, 'use1-az1', false],
      [subnetB, 'use1-az2', false],
      ['subnet-0a000000000000006', 'use1-az1', true],
    ])
    expect(subnets?.[1]?.AvailableIpAddressCount).toBe(256 - 5 - 6)
    expect(vpcs).toMatchObject([{ VpcId: vpcId, CidrBlock: '10.0.0.0/16' }])
    expect(literal).toEqual([])
  })

  test('gives the bandwidth of instance types by network card', async () => {
    const { ec2 } = await startTestCloud()

    const { InstanceTypes: types } = await ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ['c6i.large'] }),
    )

    expect(types).toMatchObject([
      {
        InstanceType: 'c6i.large',
        Hypervisor: 'nitro',
        NetworkInfo: { NetworkCards: [{ BaselineBandwidthInGbps: 0.781, PeakBandwidthInGbps: 12.5 }] },
      },
    ])
    expect(
      await errorCode(ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['x.y' as 'c6i.large'] }))),
    ).toBe('InvalidInstanceType')
  })
})

describe('instances', () => {
  test('page, with their interfaces and zone', async () => {
    const { ec2 } = await startTestCloud()

    const sizes: number[] = []
    for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 5 }, {})) {
      sizes.push(page.Reservations?.length ?? 0)
    }
    const { Reservations: one } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instance(1)] }))

    expect(sizes).toEqual([5, 5, 4])
    expect(one?.[0]?.Instances?.[0]).toMatchObject({
      InstanceType: 'c6i.large',
      State: { Code: 16, Name: 'running' },
      Placement: { AvailabilityZone: 'us-east-1a' },
      PrivateIpAddress: '10.0.1.1',
      NetworkInterfaces: [{ NetworkInterfaceId: eni(1), Attachment: { DeviceIndex: 0 } }],
    })
  })

  test('stop, start and terminate', async () => {
    const { ec2 } = await startTestCloud()
    const InstanceIds = [instance(1)]
    const state = async () => {
      const { Reservations: rows } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }))
      return rows?.[0]?.Instances?.[0]?.State?.Name
    }

    const stopping = await ec2.send(new StopInstancesCommand({ InstanceIds }))
    expect(stopping.StoppingInstances).toMatchObject([
      { PreviousState: { Name: 'running' }, CurrentState: { Name: 'stopping' } },
    ])
    await eventually(async () => (await state()) === 'stopped')
    await ec2.send(new StartInstancesCommand({ InstanceIds }))
    await eventually(async () => (await state()) === 'running')
    await ec2.send(new TerminateInstancesCommand({ InstanceIds }))
    await eventually(async () => (await state()) === 'terminated')
    expect(await errorCode(ec2.send(new StartInstancesCommand({ InstanceIds })))).toBe(
      'IncorrectInstanceState',
    )
    const gone = new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [eni(1)] })
    expect(await errorCode(ec2.send(gone))).toBe('InvalidNetworkInterfaceID.NotFound')
    expect(await errorCode(ec2.send(new StopInstancesCommand({ InstanceIds: ['i-0f'] })))).toBe(
      'InvalidInstanceID.NotFound',
    )
  })
})

describe('tags', () => {
  test('are added, changed, removed and described', async () => {
    const { ec2 } = await startTestCloud()
    const Resources = [eni(1), parkingFilterId]
    const of = async (id: string) => {
      const { Tags: tags } = await ec2.send(
        new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] }),
      )
      return tags
    }

    await ec2.send(
      new CreateTagsCommand({
        Resources,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '' },
        ],
      }),
    )
    await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'a', Value: '2' }] }))
    await ec2.send(new DeleteTagsCommand({ Resources: [eni(1)], Tags: [{ Key: 'b' }] }))

    expect(await of(eni(1))).toEqual([
      { Key: 'a', Value: '2', ResourceId: eni(1), ResourceType: 'network-interface' },
    ])
    expect(await of(parkingFilterId)).toMatchObject([
      { Key: 'a', Value: '2', ResourceType: 'traffic-mirror-filter' },
      { Key: 'b', Value: '' },
    ])
    const found = await ec2.send(
      new DescribeTagsCommand({
        Filters: [
          { Name: 'tag:a', Values: ['2'] },
          { Name: 'resource-type', Values: ['traffic-mirror-filter'] },
        ],
      }),
    )
    expect(found.Tags).toMatchObject([{ ResourceId: parkingFilterId, Key: 'a' }])
  })

  test('have their limits', async () => {
    const { ec2 } = await startTestCloud()
    const add = (Resources: string[], Tags: { Key?: string; Value?: string }[]) =>
      errorCode(ec2.send(new CreateTagsCommand({ Resources, Tags })))
    const many = Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' }))

    expect(await add([eni(1)], many)).toBe('TagLimitExceeded')
    expect(await add([eni(1)], [{ Key: 'aws:x', Value: '' }])).toBe('InvalidParameterValue')
    expect(await add([eni(1)], [{ Key: 'k'.repeat(128), Value: '' }])).toBe('InvalidParameterValue')
    expect(await add([eni(1)], [{ Key: 'k', Value: 'v'.repeat(257) }])).toBe('InvalidParameterValue')
    expect(await add(['tms-0f'], [{ Key: 'k', Value: '' }])).toBe('InvalidTrafficMirrorSessionId.NotFound')
    expect(await add(['nothing'], [{ Key: 'k', Value: '' }])).toBe('InvalidID')
  })
})

describe('requests', () => {
  test('are throttled like AWS throttles: 50 at once, then five a second', async () => {
    const clock = new ManualClock()
    const { ec2 } = await startTestCloud({ clock })
    const create = () =>
      ec2.send(new CreateTrafficMirrorFilterCommand({})).then(
        () => 'made',
        (error: Error) => error.name,
      )

    const burst = await Promise.all(Array.from({ length: 60 }, create))
    await clock.advance(2000)
    const later = await Promise.all(Array.from({ length: 20 }, create))

    expect(burst.filter((one) => one === 'made')).toHaveLength(50)
    expect(burst.filter((one) => one === 'RequestLimitExceeded')).toHaveLength(10)
    expect(later.filter((one) => one === 'made')).toHaveLength(10)
  })

  test('are answered from a moment ago when Describe lags', async () => {
    const clock = new ManualClock()
    const { ec2 } = await startTestCloud({
      clock,
      switches: { describeLagSeconds: 30, referenceLagSeconds: 5 },
    })
    const seen = async () => {
      const { TrafficMirrorFilters: rows } = await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))
      return rows?.map((row) => row.Description)
    }
    const tag = (id: string) =>
      ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'a', Value: '1' }] }))

    await clock.advance(60_000)
    const { TrafficMirrorFilter: made } = await ec2.send(
      new CreateTrafficMirrorFilterCommand({ Description: 'new' }),
    )
    await clock.advance(29_000)
    const before = await seen()
    await clock.advance(1000)
    const after = await seen()
    await tag(made!.TrafficMirrorFilterId!)
    const { TrafficMirrorFilters: untagged } = await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))
    await clock.advance(30_000)
    const { TrafficMirrorFilters: tagged } = await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))

    expect(before).toEqual(['parking'])
    expect(after).toEqual(['parking', 'new'])
    expect(untagged?.at(-1)?.Tags ?? []).toEqual([])
    expect(tagged?.at(-1)?.Tags).toEqual([{ Key: 'a', Value: '1' }])
  })
})
