import { AwsError } from '../aws-error.ts'
import type { Dispatcher } from '../dispatch.ts'
import type { Service } from '../service.ts'
import type { State } from '../state.ts'
import { groupActions } from './groups.ts'
import { scheduleActions } from './schedules.ts'

/** Amazon EventBridge Scheduler. */
export function schedulerService(
  state: State,
  dispatcher: () => Dispatcher,
  lambdaEndpoint: string | undefined,
): Service {
  const paging = { NamePrefix: 'NamePrefix', MaxResults: 'MaxResults', NextToken: 'NextToken' }
  return {
    scope: 'scheduler',
    rest: [
      { method: 'POST', path: '/schedules/{Name}', action: 'CreateSchedule' },
      { method: 'PUT', path: '/schedules/{Name}', action: 'UpdateSchedule' },
      { method: 'GET', path: '/schedules/{Name}', action: 'GetSchedule', query: { groupName: 'GroupName' } },
      {
        method: 'DELETE',
        path: '/schedules/{Name}',
        action: 'DeleteSchedule',
        query: { groupName: 'GroupName', clientToken: 'ClientToken' },
      },
      {
        method: 'GET',
        path: '/schedules',
        action: 'ListSchedules',
        query: { ScheduleGroup: 'GroupName', ...paging },
      },
      { method: 'POST', path: '/schedule-groups/{Name}', action: 'CreateScheduleGroup' },
      { method: 'GET', path: '/schedule-groups/{Name}', action: 'GetScheduleGroup' },
      {
        method: 'DELETE',
        path: '/schedule-groups/{Name}',
        action: 'DeleteScheduleGroup',
        query: { clientToken: 'ClientToken' },
      },
      { method: 'GET', path: '/schedule-groups', action: 'ListScheduleGroups', query: paging },
      { method: 'POST', path: '/tags/{ResourceArn}', action: 'TagResource' },
      { method: 'DELETE', path: '/tags/{ResourceArn}', action: 'UntagResource' },
      { method: 'GET', path: '/tags/{ResourceArn}', action: 'ListTagsForResource' },
    ],
    actions: { ...scheduleActions(state, dispatcher, lambdaEndpoint), ...groupActions(state) },
    refuse: ({ message }) => new AwsError('ValidationException', message),
  }
}
