import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling'
import { StopInstancesCommand } from '@aws-sdk/client-ec2'
import {
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  ListContainerInstancesCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { describe, expect, it } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'
import * as world from '../../support/aws-world.ts'
import { bridgeHost, fleetWorld } from '../../support/fleet-world.ts'

const PATIENT = { timeout: 30_000 }

describe('Auto Scaling groups', PATIENT, () => {
  it('show their instances with their state, and come in pages', async () => {
    const { autoScaling, ec2 } = await startTestCloud({ world: fleetWorld() })
    await ec2.send(new StopInstancesCommand({ InstanceIds: [world.instance(5)] }))
    const first = await autoScaling.send(new DescribeAutoScalingGroupsCommand({ MaxRecords: 100 }))
    const second = await autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ MaxRecords: 100, NextToken: first.NextToken }),
    )

    expect(first.AutoScalingGroups).toHaveLength(100)
    expect(second.AutoScalingGroups).toHaveLength(21)
    expect(second.NextToken).toBeUndefined()
    const [checkout] = first.AutoScalingGroups ?? []
    const states = checkout?.Instances?.map(({ InstanceId, LifecycleState }) => [InstanceId, LifecycleState])
    expect(states).toContainEqual([world.instance(1), 'InService'])
    expect(states).toContainEqual([world.instance(5), 'Terminating'])
  })

  it('refuse a page of more than 100 and a token that no page gave', async () => {
    const { autoScaling } = await startTestCloud({ world: fleetWorld() })
    const asked = (input: object) => errorCode(autoScaling.send(new DescribeAutoScalingGroupsCommand(input)))

    expect(await asked({ MaxRecords: 101 })).toBe('ValidationError')
    expect(await asked({ NextToken: 'nonsense' })).toBe('InvalidNextToken')
  })
})

describe('ECS services on EC2', PATIENT, () => {
  it('run on container instances, which name their EC2 instance', async () => {
    const { ecs } = await startTestCloud({ world: fleetWorld() })
    const { containerInstanceArns: arns = [] } = await ecs.send(
      new ListContainerInstancesCommand({ cluster: 'shop' }),
    )
    const described = await ecs.send(
      new DescribeContainerInstancesCommand({
        cluster: 'shop',
        containerInstances: [...arns, `${arns[0]}0`],
      }),
    )

    expect(arns).toHaveLength(2)
    expect(described.containerInstances?.[0]).toMatchObject({
      ec2InstanceId: world.instance(bridgeHost),
      agentConnected: true,
      runningTasksCount: 2,
    })
    expect(described.failures).toEqual([{ arn: `${arns[0]}0`, reason: 'MISSING' }])
  })

  it('are shown, and keep the tasks they were declared with', async () => {
    const { ecs } = await startTestCloud({ world: fleetWorld() })
    const { services } = await ecs.send(
      new DescribeServicesCommand({ cluster: 'shop', services: ['bridged'] }),
    )
    const changed = ecs.send(
      new UpdateServiceCommand({ cluster: 'shop', service: 'bridged', desiredCount: 5 }),
    )

    expect(services?.[0]).toMatchObject({ launchType: 'EC2', desiredCount: 2, runningCount: 2 })
    expect(await errorCode(changed)).toBe('InvalidParameterException')
  })
})
