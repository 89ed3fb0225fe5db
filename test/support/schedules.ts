import {
  CreateTrafficMirrorSessionCommand,
  DescribeTrafficMirrorSessionsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2'
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  ListSchedulesCommand,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler'
import { eni, mirrorTargetId, parkingFilterId, roleArn } from './aws-world.ts'

export const OFF = { Mode: 'OFF' as const }

/** To delete a session, at a time, unless said otherwise. */
export const schedule = (change: Partial<CreateScheduleCommandInput> & { target?: object } = {}) => {
  const { target, ...rest } = change
  return {
    Name: 'kill',
    ScheduleExpression: 'at(2026-11-21T12:05:00)',
    FlexibleTimeWindow: OFF,
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:ec2:deleteTrafficMirrorSession',
      RoleArn: roleArn,
      Input: '{"TrafficMirrorSessionId":"tms-0f"}',
      ...target,
    },
    ...rest,
  }
}

export const create = (scheduler: SchedulerClient, change: Parameters<typeof schedule>[0] = {}) =>
  scheduler.send(new CreateScheduleCommand(schedule(change)))

/** Its id. */
export async function session(ec2: EC2Client): Promise<string> {
  const { TrafficMirrorSession: made } = await ec2.send(
    new CreateTrafficMirrorSessionCommand({
      NetworkInterfaceId: eni(1),
      TrafficMirrorTargetId: mirrorTargetId,
      TrafficMirrorFilterId: parkingFilterId,
      SessionNumber: 1,
    }),
  )
  return made!.TrafficMirrorSessionId!
}

export const sessionsOf = async (ec2: EC2Client) =>
  (await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))).TrafficMirrorSessions?.length

export const namesOf = async (scheduler: SchedulerClient) =>
  (await scheduler.send(new ListSchedulesCommand({}))).Schedules?.map((one) => one.Name)
