import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
  type TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Switches } from '../../aws/switches.ts'
import { type Bench, type Finding, type Probe, unseen, until } from '../probe.ts'

const SWITCHES = ['scaleInOrder', 'initialHealthChecks'] as const

/** What ECS stops first, and after how many checks a load balancer takes a target for healthy. */
export const service: Probe = {
  switches: SWITCHES,
  missing: (options) => (options.service === undefined ? 'needs --service CLUSTER/NAME' : null),
  changes: async ({ options }) => [
    `takes a task of ${options.service} out of its target group and back, and the service down by one task and up again`,
  ],
  run: async (bench) => {
    const { desiredCount = 0, loadBalancers = [] } = await describe(bench)
    const running = await tasksOf(bench)
    if (desiredCount < 2 || running.length !== desiredCount)
      return unseen(SWITCHES, `${bench.options.service} has not two or more tasks, all running`)
    const group = loadBalancers[0]?.targetGroupArn
    return {
      initialHealthChecks:
        group === undefined
          ? { unseen: `${bench.options.service} has no target group` }
          : await initialHealthChecks(bench, group),
      scaleInOrder: await scaleInOrder(bench, running, desiredCount),
    }
  },
}

const namesOf = ({ options }: Bench): { cluster: string; service: string } => {
  const [cluster = '', name = ''] = options.service?.split('/') ?? []
  return { cluster, service: name }
}

const describe = async (bench: Bench) => {
  const { cluster, service: name } = namesOf(bench)
  const { services = [] } = await bench.account.clients.ecs.send(
    new DescribeServicesCommand({ cluster, services: [name] }),
  )
  const [found] = services
  if (!found) throw new Error(`there is no service ${bench.options.service}`)
  return found
}

const tasksOf = async (bench: Bench): Promise<Task[]> => {
  const { cluster, service: serviceName } = namesOf(bench)
  const { ecs } = bench.account.clients
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName }))
  if (taskArns.length === 0) return []
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))
  return tasks.filter(
    ({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING',
  )
}

const scaleInOrder = async (
  bench: Bench,
  before: readonly Task[],
  desiredCount: number,
): Promise<Finding<Switches['scaleInOrder']>> => {
  const scale = (count: number) =>
    bench.account.clients.ecs.send(new UpdateServiceCommand({ ...namesOf(bench), desiredCount: count }))
  bench.leftovers.add(`${bench.options.service}, down by one task`, () => scale(desiredCount))
  await scale(desiredCount - 1)
  const left = await until(bench, async () => {
    const now = await tasksOf(bench)
    return now.length < before.length ? now : undefined
  })
  if (!left) return { unseen: `ECS stopped no task in ${bench.options.waitSeconds} s` }
  const byAge = before
    .toSorted((a, b) => Number(a.createdAt) - Number(b.createdAt))
    .map(({ taskArn }) => taskArn)
  const kept = new Set(left.map(({ taskArn }) => taskArn))
  if (!kept.has(byAge[0])) return { value: 'oldest' }
  return kept.has(byAge.at(-1))
    ? { unseen: 'ECS stopped neither the oldest nor the newest task' }
    : { value: 'newest' }
}

/** A target that answers already is taken out and put back: how long until it counts as healthy? */
const initialHealthChecks = async (
  bench: Bench,
  TargetGroupArn: string,
): Promise<Finding<Switches['initialHealthChecks']>> => {
  const { elb } = bench.account.clients
  const { TargetGroups = [] } = await elb.send(
    new DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] }),
  )
  const { HealthCheckIntervalSeconds: interval = 30, HealthyThresholdCount: threshold = 5 } =
    TargetGroups[0] ?? {}
  const healthy = (await healthOf(bench, TargetGroupArn)).find(({ state }) => state === 'healthy')
  if (!healthy) return { unseen: 'the target group has no healthy target' }
  const Targets = [healthy.target]
  const put = () => elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }))
  bench.leftovers.add(`target ${healthy.target.Id}, taken out`, put)
  await elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets }))
  const stateNow = async () =>
    (await healthOf(bench, TargetGroupArn)).find(
      ({ target }) => target.Id === healthy.target.Id && target.Port === healthy.target.Port,
    )?.state
  const gone = await until(bench, async () => ((await stateNow()) === undefined ? true : undefined))
  if (!gone) return { unseen: 'the target was not drained in time: give a longer --wait' }
  await put()
  const begin = performance.now()
  const back = await until(bench, async () => ((await stateNow()) === 'healthy' ? true : undefined), 50)
  if (!back) return { unseen: 'the target did not become healthy again' }
  const intervals = (performance.now() - begin) / 1000 / interval
  // The first check comes within an interval, the last of the threshold after threshold - 1 more.
  return {
    value: intervals < threshold / 2 ? 'one' : 'threshold',
    note: `healthy after ${intervals.toFixed(1)} intervals of ${interval} s, threshold ${threshold}`,
  }
}

const healthOf = async ({ account }: Bench, TargetGroupArn: string) => {
  const { TargetHealthDescriptions: rows = [] } = await account.clients.elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn }),
  )
  return rows.map(({ Target, TargetHealth }) => ({
    target: { Id: Target?.Id, Port: Target?.Port } satisfies Partial<TargetDescription> as TargetDescription,
    state: TargetHealth?.State,
  }))
}
