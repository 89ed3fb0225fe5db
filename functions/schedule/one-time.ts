import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  paginateListSchedules,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import type { ScheduledDeed } from '../experiments/actions.ts'

/** Where the deployment’s schedules are, and what they call. */
export type ScheduleHome = Readonly<{
  group: string
  /** Role that EventBridge Scheduler takes on. */
  role: string
  /** Queue for what could not be done; null: Scheduler drops it. */
  deadLetters: string | null
  controlFunction: string
  cluster: string
  service: string
}>

/** Universal targets: the scheduler calls the AWS API itself, no code of ours is needed. */
const universal = (call: string): string => `arn:aws:scheduler:::aws-sdk:${call}`

const target = (what: ScheduledDeed, home: ScheduleHome): { Arn: string; Input: string } => {
  switch (what.deed) {
    case 'delete-session':
      return {
        Arn: universal('ec2:deleteTrafficMirrorSession'),
        Input: JSON.stringify({ TrafficMirrorSessionId: what.session }),
      }
    case 'reject-rule':
      return {
        Arn: universal('ec2:modifyTrafficMirrorFilterRule'),
        Input: JSON.stringify({ TrafficMirrorFilterRuleId: what.rule, RuleAction: 'reject' }),
      }
    case 'gateways-to-zero':
      return {
        Arn: universal('ecs:updateService'),
        Input: JSON.stringify({ Cluster: home.cluster, Service: home.service, DesiredCount: 0 }),
      }
    case 'call':
      return {
        Arn: home.controlFunction,
        Input: JSON.stringify({ kind: what.event, experiment: what.experiment }),
      }
  }
}

/** A deed that ends something is worth trying for as long as it may be undone; a call is worth it only while it is news. */
const RETRIES = {
  deed: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
  call: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 5 },
}

const schedule = (
  name: string,
  at: string,
  what: ScheduledDeed,
  home: ScheduleHome,
): CreateScheduleCommandInput => ({
  Name: name,
  GroupName: home.group,
  // Whole seconds, no offset: the zone stands beside it.
  ScheduleExpression: `at(${at.slice(0, 19)})`,
  ScheduleExpressionTimezone: 'UTC',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ActionAfterCompletion: 'DELETE',
  State: 'ENABLED',
  Target: {
    ...target(what, home),
    RoleArn: home.role,
    ...(home.deadLetters !== null && { DeadLetterConfig: { Arn: home.deadLetters } }),
    RetryPolicy: what.deed === 'call' ? RETRIES.call : RETRIES.deed,
  },
})

/** Creates the schedule, or moves it to another time. */
export const arm = async (
  scheduler: SchedulerClient,
  name: string,
  at: string,
  what: ScheduledDeed,
  home: ScheduleHome,
): Promise<void> => {
  const input = schedule(name, at, what, home)
  try {
    await scheduler.send(new CreateScheduleCommand(input))
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error
    if (!(await renew(scheduler, name, at, what, home)))
      await scheduler.send(new CreateScheduleCommand(input))
  }
}

/** Moves a schedule that must exist; false when it does not, because it has fired. */
export const renew = async (
  scheduler: SchedulerClient,
  name: string,
  at: string,
  what: ScheduledDeed,
  home: ScheduleHome,
): Promise<boolean> => {
  try {
    // An update replaces everything: what it leaves out becomes the default.
    await scheduler.send(new UpdateScheduleCommand(schedule(name, at, what, home)))
    return true
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false
    throw error
  }
}

/** One that is not there is fine. */
export const disarm = async (scheduler: SchedulerClient, name: string, group: string): Promise<void> => {
  try {
    await scheduler.send(new DeleteScheduleCommand({ Name: name, GroupName: group }))
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
  }
}

export const listSchedules = async (
  scheduler: SchedulerClient,
  group: string,
  prefix?: string,
): Promise<string[]> => {
  const names: string[] = []
  const input = { GroupName: group, ...(prefix !== undefined && { NamePrefix: prefix }) }
  for await (const page of paginateListSchedules({ client: scheduler, pageSize: 100 }, input))
    names.push(...(page.Schedules ?? []).flatMap(({ Name }) => Name ?? []))
  return names
}

/** When a one-time schedule fires; null without one. */
export const armedAt = async (
  scheduler: SchedulerClient,
  name: string,
  group: string,
): Promise<string | null> => {
  try {
    const answer = await scheduler.send(new GetScheduleCommand({ Name: name, GroupName: group }))
    const at = /^at\((.+)\)$/.exec(answer.ScheduleExpression ?? '')?.[1]
    return at === undefined ? null : new Date(`${at}Z`).toISOString()
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null
    throw error
  }
}
