import { DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2'
import {
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { describe, expect, test } from 'vitest'
import { errorCode, eventually, startTestCloud } from '../../support/aws-clients.ts'
import {
  clusterArn,
  serviceArn,
  targetGroupArn,
  taskDefinitionArn,
  testWorld,
} from '../../support/aws-world.ts'

const cluster = 'shadowmeter'
const service = 'gateway'

const scale = (ecs: ECSClient, desiredCount: number) =>
  ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount }))

async function running(ecs: ECSClient) {
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName: service }))
  if (taskArns.length === 0) return []
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))
  return tasks.filter((task) => task.lastStatus === 'RUNNING')
}

const healthOf = async (elb: ElasticLoadBalancingV2Client) => {
  const { TargetHealthDescriptions: rows = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
  )
  return rows.map((row) => row.TargetHealth?.State)
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Where a task answers HTTP: known to the load balancer as its health check port. */
async function doorsOf(elb: ElasticLoadBalancingV2Client): Promise<string[]> {
  const { TargetHealthDescriptions: rows = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
  )
  return rows.map((row) => `http://${row.Target?.Id}:${row.HealthCheckPort}`)
}

const about = async (door: string) =>
  (await (await fetch(`${door}/about`)).json()) as { pid: number; environment: Record<string, string> }

// Processes start slowly on a busy machine.
describe('a service', { timeout: 30_000 }, () => {
  test('really starts tasks, which become healthy in its target group, and really stops them', async () => {
    const { ecs, elb, ec2 } = await startTestCloud()
    const { services: before } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))
    await scale(ecs, 2)

    const tasks = await eventually(async () => {
      const found = await running(ecs)
      return found.length === 2 && (await healthOf(elb)).every((state) => state === 'healthy') && found
    })
    const doors = await doorsOf(elb)
    const processes = await Promise.all(doors.map(about))
    const { services: up } = await ecs.send(new DescribeServicesCommand({ cluster, services: [serviceArn] }))
    const details = Object.fromEntries(
      (tasks[0]?.attachments?.[0]?.details ?? []).map(({ name, value }) => [name, value]),
    )
    const { NetworkInterfaces: interfaces } = await ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [details.networkInterfaceId!] }),
    )
    await scale(ecs, 0)
    await eventually(async () => (await healthOf(elb)).length === 0)
    await eventually(async () => processes.every(({ pid }) => !alive(pid)))

    expect(before).toMatchObject([
      { desiredCount: 0, runningCount: 0, status: 'ACTIVE', launchType: 'FARGATE' },
    ])
    expect(up).toMatchObject([{ desiredCount: 2, runningCount: 2, pendingCount: 0 }])
    expect(tasks[0]).toMatchObject({
      clusterArn,
      taskDefinitionArn,
      healthStatus: 'UNKNOWN',
      attachments: [{ type: 'ElasticNetworkInterface', status: 'ATTACHED' }],
    })
    expect(tasks[0]?.taskArn).toMatch(/^arn:aws:ecs:us-east-1:111122223333:task\/shadowmeter\/[0-9a-f]{32}$/)
    expect(tasks[0]?.startedAt).toBeInstanceOf(Date)
    expect(details.privateIPv4Address).toBe('127.0.0.1')
    expect(interfaces).toMatchObject([{ InterfaceType: 'interface', RequesterManaged: true }])
    expect(processes.map(({ environment }) => environment.TASK_ARN).sort()).toEqual(
      tasks.map((task) => task.taskArn).sort(),
    )
    const { taskArns: stopped = [] } = await ecs.send(
      new ListTasksCommand({ cluster, desiredStatus: 'STOPPED' }),
    )
    const { tasks: ended = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: stopped }))
    expect(ended).toHaveLength(2)
    expect(ended[0]).toMatchObject({ stopCode: 'ServiceSchedulerInitiated', containers: [{ exitCode: 0 }] })
    expect(ended[0]?.stoppedReason).toMatch(/^Scaling activity initiated by/)
  })

  test.runIf(process.platform === 'linux')(
    'gives each task an address of its own where there are many',
    async () => {
      const net = `127.${20 + (process.pid % 200)}.${Date.now() % 250}`
      const ips = [1, 2, 3].map((n) => `${net}.${n}`)
      const { ecs, elb } = await startTestCloud({ world: testWorld({ addresses: { kind: 'each', ips } }) })
      await scale(ecs, 2)

      await eventually(async () => (await healthOf(elb)).filter((state) => state === 'healthy').length === 2)

      // A task that was slow to start may have been replaced by one with another address.
      const doors = await doorsOf(elb)
      expect(new Set(doors).size).toBe(2)
      expect(ips.map((ip) => `http://${ip}:8080`)).toEqual(expect.arrayContaining(doors))
    },
  )

  test('replaces a task that dies, and tells a task about itself', async () => {
    const { ecs, elb } = await startTestCloud()
    await scale(ecs, 1)
    const [first] = await eventually(async () => {
      const found = await running(ecs)
      return found.length === 1 && (await healthOf(elb))[0] === 'healthy' && found
    })
    const [door] = await doorsOf(elb)
    const { environment } = await about(door!)

    const metadata = await (await fetch(`${environment.ECS_CONTAINER_METADATA_URI_V4}/task`)).json()
    await fetch(`${door}/die`).catch(() => {})
    const second = await eventually(async () =>
      (await running(ecs)).find((task) => task.taskArn !== first?.taskArn),
    )

    expect(metadata).toMatchObject({ TaskARN: first?.taskArn, Cluster: clusterArn })
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [first!.taskArn!] }))
    expect(tasks).toMatchObject([
      {
        lastStatus: 'STOPPED',
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        containers: [{ exitCode: 3 }],
      },
    ])
    expect(second.lastStatus).toBe('RUNNING')
  })

  test('replaces a task that the load balancer finds unhealthy', async () => {
    const { ecs, elb } = await startTestCloud()
    await scale(ecs, 1)
    await eventually(async () => (await healthOf(elb))[0] === 'healthy')
    const [door] = await doorsOf(elb)
    const [sick] = await running(ecs)

    await fetch(`${door}/sicken`)

    await eventually(async () => (await running(ecs)).some((task) => task.taskArn !== sick?.taskArn))
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [sick!.taskArn!] }))
    expect(tasks?.[0]?.stoppedReason).toMatch(/^Task failed ELB health checks/)
  })

  test('kills what does not stop within the stop timeout', async () => {
    const { ecs, elb } = await startTestCloud({
      world: testWorld({ environment: { STUBBORN: 'yes' }, stopTimeout: 0.2 }),
    })
    await scale(ecs, 1)
    await eventually(async () => (await healthOf(elb))[0] === 'healthy')
    const [door] = await doorsOf(elb)
    const { pid } = await about(door!)

    await scale(ecs, 0)

    await eventually(async () => !alive(pid))
  })

  test('starts another task for one that was stopped by hand', async () => {
    const { ecs } = await startTestCloud()
    await scale(ecs, 1)
    const [first] = await eventually(async () => {
      const found = await running(ecs)
      return found.length === 1 && found
    })

    await ecs.send(new StopTaskCommand({ cluster, task: first!.taskArn!, reason: 'because' }))

    await eventually(async () => (await running(ecs)).some((task) => task.taskArn !== first?.taskArn))
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [first!.taskArn!] }))
    expect(tasks).toMatchObject([{ stopCode: 'UserInitiated', stoppedReason: 'because' }])
  })

  test('ends its processes when the endpoints close', async () => {
    const { ecs, elb, close } = await startTestCloud()
    await scale(ecs, 2)
    await eventually(async () => (await healthOf(elb)).filter((state) => state === 'healthy').length === 2)
    const processes = await Promise.all((await doorsOf(elb)).map(about))

    await close()

    expect(processes.map(({ pid }) => alive(pid))).toEqual([false, false])
  })
})

describe('ECS', () => {
  test('a forced deployment brings up its tasks, then drains those before', async () => {
    const { ecs, elb } = await startTestCloud()
    await scale(ecs, 1)
    const [before] = await eventually(async () => {
      const healthy = (await healthOf(elb)).join() === 'healthy'
      return healthy && (await running(ecs))
    })

    const forced = { cluster, service, desiredCount: 2, forceNewDeployment: true }
    const { service: shown } = await ecs.send(new UpdateServiceCommand(forced))
    const during = await eventually(async () => {
      const now = await running(ecs)
      return now.length === 3 && now
    })
    const after = await eventually(async () => {
      const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))
      return answer.services?.[0]?.deployments?.length === 1 && answer.services[0].deployments[0]
    })

    expect(shown?.deployments).toMatchObject([
      { status: 'PRIMARY', rolloutState: 'IN_PROGRESS', desiredCount: 2 },
      { status: 'ACTIVE', runningCount: 1 },
    ])
    expect(during.map(({ taskArn }) => taskArn)).toContain(before?.taskArn)
    expect(after).toMatchObject({ status: 'PRIMARY', rolloutState: 'COMPLETED', runningCount: 2 })
    expect(after.id).not.toBe(shown?.deployments?.[1]?.id)
    expect((await running(ecs)).map(({ taskArn }) => taskArn)).not.toContain(before?.taskArn)
  })

  test('names what it does not find', async () => {
    const { ecs } = await startTestCloud()

    expect(await errorCode(ecs.send(new ListTasksCommand({ cluster: 'other' })))).toBe(
      'ClusterNotFoundException',
    )
    expect(await errorCode(ecs.send(new ListTasksCommand({ cluster, serviceName: 'other' })))).toBe(
      'ServiceNotFoundException',
    )
    expect(
      await errorCode(ecs.send(new UpdateServiceCommand({ cluster, service: 'other', desiredCount: 1 }))),
    ).toBe('ServiceNotFoundException')
    expect(await errorCode(scale(ecs, -1))).toBe('InvalidParameterException')
    expect(
      await errorCode(ecs.send(new UpdateServiceCommand({ cluster, service, enableExecuteCommand: true }))),
    ).toBe('InvalidParameterException')
    const { failures } = await ecs.send(new DescribeServicesCommand({ cluster, services: ['other'] }))
    expect(failures).toMatchObject([{ reason: 'MISSING' }])
  })

  test('describes clusters and task definitions', async () => {
    const { ecs } = await startTestCloud()

    const { clusters, failures } = await ecs.send(
      new DescribeClustersCommand({ clusters: [cluster, 'other'] }),
    )
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: 'gateway' }),
    )

    expect(clusters).toMatchObject([{ clusterArn, status: 'ACTIVE', activeServicesCount: 1 }])
    expect(failures).toMatchObject([{ reason: 'MISSING' }])
    expect(taskDefinition).toMatchObject({
      taskDefinitionArn,
      cpu: '1024',
      networkMode: 'awsvpc',
      containerDefinitions: [
        { name: 'gateway', portMappings: [{ containerPort: 4789, protocol: 'udp' }, {}] },
      ],
    })
  })
})
