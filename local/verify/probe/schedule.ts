import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
} from '@aws-sdk/client-scheduler'
import type { Switches } from '../../aws/switches.ts'
import { isMissing } from '../errors.ts'
import { type Bench, type Finding, type Probe, secondsUntil, unseen } from '../probe.ts'
import { DeliveryQueue } from '../queue.ts'

const SWITCHES = [
  'pastAt',
  'deliveryDelaySeconds',
  'deliverTwice',
  'retryClientErrors',
  'groupDeletionSeconds',
  'minuteSeconds',
] as const

/** Between the call that makes a one-time schedule and its time. */
const AHEAD_MS = 3000

/** When EventBridge Scheduler delivers, how often, and what it does with what is refused. */
export const schedule: Probe = {
  switches: SWITCHES,
  changes: async ({ account }) => [
    `a queue, a schedule group and five schedules, four of them in ${account.scheduleGroup}: some cents at most`,
  ],
  run: async (bench) => {
    const role = bench.account.tick?.Target?.RoleArn
    if (role === undefined)
      return unseen(
        SWITCHES,
        `no tick in the schedule group ${bench.account.scheduleGroup}: whose role could deliver?`,
      )
    const queue = await DeliveryQueue.create(bench, role)
    const wish = (name: string, more: Partial<CreateScheduleCommandInput>): CreateScheduleCommandInput => ({
      Name: `verify-${bench.run}-${name}`,
      GroupName: bench.account.scheduleGroup,
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      ScheduleExpression: undefined,
      ...more,
      Target: {
        Arn: queue.arn,
        RoleArn: role,
        Input: name === 'rate' ? 'rate <aws.scheduler.scheduled-time>' : name,
        DeadLetterConfig: { Arn: queue.arn },
        ...more.Target,
      },
    })
    const begin = Date.now()
    const past = await pastAt(bench, queue, wish)
    const [delivery, retryClientErrors, minuteSeconds, groupDeletionSeconds, pastFound] = await Promise.all([
      once(bench, queue, wish),
      refused(bench, queue, wish),
      minute(bench, queue, wish, begin),
      groupDeletion(bench, wish),
      past(),
    ])
    return { ...delivery, retryClientErrors, minuteSeconds, groupDeletionSeconds, pastAt: pastFound }
  },
}

type Wish = (name: string, more: Partial<CreateScheduleCommandInput>) => CreateScheduleCommandInput

const create = async ({ account, leftovers }: Bench, input: CreateScheduleCommandInput): Promise<void> => {
  const { scheduler } = account.clients
  await scheduler.send(new CreateScheduleCommand(input))
  const { Name, GroupName } = input
  leftovers.add(`schedule ${GroupName}/${Name}`, () =>
    scheduler.send(new DeleteScheduleCommand({ Name, GroupName })),
  )
}

/** AWS takes no fraction of a second and no zone. */
const at = (time: number): string => `at(${new Date(time).toISOString().slice(0, 19)})`

const pastAt = async (
  bench: Bench,
  queue: DeliveryQueue,
  wish: Wish,
): Promise<() => Promise<Finding<Switches['pastAt']>>> => {
  try {
    await create(bench, wish('past', { ScheduleExpression: at(Date.now() - 3_600_000) }))
  } catch (error) {
    const { name } = error as Error
    return async () =>
      name === 'ValidationException' ? { value: 'refused' } : { unseen: `Scheduler says ${name}` }
  }
  return async () => ((await queue.of('past', 1)).length > 0 ? { value: 'fires' } : { value: 'ignored' })
}

const once = async (
  bench: Bench,
  queue: DeliveryQueue,
  wish: Wish,
): Promise<{ deliveryDelaySeconds: Finding<number>; deliverTwice: Finding<boolean> }> => {
  const time = Math.ceil((Date.now() + AHEAD_MS) / 1000) * 1000
  await create(bench, wish('once', { ScheduleExpression: at(time) }))
  const [first] = await queue.of('once', 1)
  if (!first) {
    const why = { unseen: `nothing was delivered in ${bench.options.waitSeconds} s` }
    return { deliveryDelaySeconds: why, deliverTwice: why }
  }
  const count = (await queue.of('once', 2)).length
  return {
    deliveryDelaySeconds: { value: Math.floor((first.at - time) / 1000), note: 'of one delivery' },
    deliverTwice: {
      value: count > 1,
      note: `of one schedule ${count === 1 ? 'one delivery' : `${count} deliveries`} in ${bench.options.waitSeconds} s`,
    },
  }
}

/** A call that the caller got wrong, with one retry allowed. */
const refused = async (bench: Bench, queue: DeliveryQueue, wish: Wish): Promise<Finding<boolean>> => {
  const TrafficMirrorFilterId = 'tmf-0123456789abcdef0'
  const body = JSON.stringify({ TrafficMirrorFilterId })
  const input = wish('refused', { ScheduleExpression: at(Date.now() + AHEAD_MS) })
  await create(bench, {
    ...input,
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:ec2:deleteTrafficMirrorFilter',
      RoleArn: input.Target?.RoleArn,
      Input: body,
      RetryPolicy: { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 },
      DeadLetterConfig: input.Target?.DeadLetterConfig,
    },
  })
  const [letter] = await queue.of(body, 1)
  if (!letter) return { unseen: `no dead letter came in ${bench.options.waitSeconds} s` }
  return { value: (letter.retries ?? 0) > 0 }
}

const minute = async (
  bench: Bench,
  queue: DeliveryQueue,
  wish: Wish,
  begin: number,
): Promise<Finding<number>> => {
  // Scheduler writes the time that was due, whenever and however often it delivers.
  await create(bench, wish('rate', { ScheduleExpression: 'rate(1 minute)', ActionAfterCompletion: 'NONE' }))
  const [first, second] = (await queue.different('rate ', 2)).map((body) => Date.parse(body.slice(5)))
  if (first === undefined || second === undefined)
    return { unseen: `fewer than two deliveries in ${Math.round((Date.now() - begin) / 1000)} s` }
  return { value: Math.round((second - first) / 1000), note: 'between two deliveries of rate(1 minute)' }
}

/** Until the schedules of a deleted group are gone. */
const groupDeletion = async (bench: Bench, wish: Wish): Promise<Finding<number>> => {
  const { scheduler } = bench.account.clients
  const GroupName = `verify-${bench.run}`
  const remove = () => scheduler.send(new DeleteScheduleGroupCommand({ Name: GroupName }))
  await scheduler.send(new CreateScheduleGroupCommand({ Name: GroupName }))
  bench.leftovers.add(`schedule group ${GroupName}`, remove)
  const never = wish('never', { ScheduleExpression: at(Date.now() + 86_400_000), State: 'DISABLED' })
  await scheduler.send(new CreateScheduleCommand({ ...never, GroupName }))
  const begin = performance.now()
  await remove()
  return secondsUntil(bench, begin, async () => {
    try {
      await scheduler.send(new GetScheduleCommand({ Name: never.Name, GroupName }))
      return undefined
    } catch (error) {
      if (isMissing(error)) return true
      throw error
    }
  })
}
