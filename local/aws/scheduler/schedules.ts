import { createHash } from 'node:crypto'
import type { Dispatcher } from '../dispatch.ts'
import { type Infer, integer, oneOf, required, string, structure, timestamp } from '../protocol/shape.ts'
import type { Schedule } from '../rows.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import { ExpressionError, parseExpression } from './expression.ts'
import { scheduleKey } from './firing.ts'
import { existingGroup } from './groups.ts'
import { listed } from './listed.ts'
import { isTimezone } from './local-time.ts'
import { checkName, checkRange, conflict, notFound, refused } from './problems.ts'
import { parseTarget } from './target.ts'

const LONGEST_INPUT_BYTES = 262_144
const DEFAULT_MAXIMUM_AGE = 86_400
const DEFAULT_RETRIES = 185

const scheduleMembers = {
  Name: required(string),
  GroupName: string,
  Description: string,
  ScheduleExpression: required(string),
  ScheduleExpressionTimezone: string,
  StartDate: timestamp,
  EndDate: timestamp,
  State: oneOf('ENABLED', 'DISABLED'),
  FlexibleTimeWindow: required(
    structure({ Mode: required(oneOf('OFF', 'FLEXIBLE')), MaximumWindowInMinutes: integer }),
  ),
  ActionAfterCompletion: oneOf('NONE', 'DELETE'),
  Target: required(
    structure({
      Arn: required(string),
      RoleArn: required(string),
      Input: string,
      RetryPolicy: structure({ MaximumEventAgeInSeconds: integer, MaximumRetryAttempts: integer }),
      DeadLetterConfig: structure({ Arn: string }),
    }),
  ),
  ClientToken: string,
}

type ScheduleInput = Infer<typeof scheduleMembers>

export function scheduleActions(
  state: State,
  dispatcher: () => Dispatcher,
  lambdaEndpoint: string | undefined,
): Record<string, Action> {
  const arnOf = (row: { groupName: string; name: string }) =>
    state.arn('scheduler', `schedule/${scheduleKey(row.groupName, row.name)}`)
  const planned = (input: ScheduleInput, createdAt: number) => {
    parseTarget(input.Target.Arn, dispatcher(), lambdaEndpoint)
    return scheduleFrom(state, input, createdAt)
  }
  return {
    CreateSchedule: action(scheduleMembers, (input) => {
      const row = planned(input, state.clock.now())
      if (existingGroup(state, row.groupName).state === 'DELETING') {
        throw conflict(`Schedule group ${row.groupName} is being deleted.`)
      }
      const key = scheduleKey(row.groupName, row.name)
      const { ClientToken: token, ...rest } = input
      const tokenKey = `CreateSchedule:${token}`
      const fingerprint = createHash('sha256').update(JSON.stringify(rest)).digest('base64url')
      const used = token === undefined ? undefined : state.tokens.get(tokenKey)
      if (state.schedules.get(key)) {
        if (used?.fingerprint === fingerprint) return { ScheduleArn: arnOf(row) }
        throw conflict(`Schedule ${row.name} already exists.`)
      }
      if (used && used.fingerprint !== fingerprint) {
        throw conflict('The client token was used before with other parameters.')
      }
      state.schedules.set(key, row)
      if (token !== undefined) {
        state.tokens.set(tokenKey, { fingerprint, answer: { id: key }, at: state.clock.now() })
      }
      return { ScheduleArn: arnOf(row) }
    }),

    UpdateSchedule: action(scheduleMembers, (input) => {
      const before = existing(state, input.GroupName, input.Name)
      const row = planned(input, before.createdAt)
      state.schedules.set(scheduleKey(row.groupName, row.name), row)
      return { ScheduleArn: arnOf(row) }
    }),

    GetSchedule: action(
      { Name: required(string), GroupName: string },
      (input) => shown(arnOf, existing(state, input.GroupName, input.Name)),
      { readOnly: true },
    ),

    DeleteSchedule: action({ Name: required(string), GroupName: string, ClientToken: string }, (input) => {
      const key = scheduleKey(input.GroupName ?? 'default', input.Name)
      const tokenKey = `DeleteSchedule:${input.ClientToken}`
      const repeated = input.ClientToken !== undefined && state.tokens.get(tokenKey)?.answer.id === key
      if (repeated && !state.schedules.get(key)) return {}
      existing(state, input.GroupName, input.Name)
      state.schedules.delete(key)
      if (input.ClientToken !== undefined) {
        state.tokens.set(tokenKey, { fingerprint: key, answer: { id: key }, at: state.clock.now() })
      }
      return {}
    }),

    ListSchedules: action(
      {
        GroupName: string,
        NamePrefix: string,
        State: oneOf('ENABLED', 'DISABLED'),
        MaxResults: integer,
        NextToken: string,
      },
      (input) => {
        if (input.GroupName !== undefined) existingGroup(state, input.GroupName)
        const rows = state.schedules
          .list()
          .filter(
            (row) =>
              (input.GroupName ?? row.groupName) === row.groupName &&
              row.name.startsWith(input.NamePrefix ?? '') &&
              (input.State ?? row.state) === row.state,
          )
        const page = listed(rows, (row) => scheduleKey(row.groupName, row.name), input)
        return {
          Schedules: page.rows.map((row) => ({
            Arn: arnOf(row),
            Name: row.name,
            GroupName: row.groupName,
            State: row.state,
            Target: { Arn: row.target.arn },
            CreationDate: new Date(row.createdAt),
            LastModificationDate: new Date(row.modifiedAt),
          })),
          NextToken: page.nextToken,
        }
      },
      { readOnly: true },
    ),
  }
}

function existing(state: State, group: string | undefined, name: string): Schedule {
  checkName('Name', name)
  const { name: groupName } = existingGroup(state, group ?? 'default')
  const row = state.schedules.get(scheduleKey(groupName, name))
  if (!row) throw notFound(`Schedule ${name} does not exist.`)
  return row
}

/** An update replaces everything: what is not given takes its default. */
function scheduleFrom(state: State, input: ScheduleInput, createdAt: number): Schedule {
  const { Target: target, FlexibleTimeWindow: window } = input
  checkName('Name', input.Name)
  checkTarget(target)
  const timezone = input.ScheduleExpressionTimezone ?? 'UTC'
  if (!isTimezone(timezone)) throw refused(`Invalid time zone ${timezone}.`)
  if ((window.Mode === 'FLEXIBLE') !== (window.MaximumWindowInMinutes !== undefined)) {
    throw refused('MaximumWindowInMinutes must be given with the mode FLEXIBLE, and only then.')
  }
  checkRange('flexibleTimeWindow.maximumWindowInMinutes', window.MaximumWindowInMinutes, 1, 1440)
  if (input.StartDate !== undefined && input.EndDate !== undefined && input.EndDate <= input.StartDate) {
    throw refused('EndDate must be after StartDate.')
  }
  return {
    name: input.Name,
    groupName: input.GroupName ?? 'default',
    description: input.Description ?? null,
    expression: input.ScheduleExpression,
    timezone,
    state: input.State ?? 'ENABLED',
    startAt: input.StartDate ?? null,
    endAt: input.EndDate ?? null,
    flexibleMinutes: window.MaximumWindowInMinutes ?? null,
    actionAfterCompletion: input.ActionAfterCompletion ?? 'NONE',
    target: {
      arn: target.Arn,
      roleArn: target.RoleArn,
      input: target.Input ?? null,
      deadLetterArn: target.DeadLetterConfig?.Arn ?? null,
      maximumAge: target.RetryPolicy?.MaximumEventAgeInSeconds ?? DEFAULT_MAXIMUM_AGE,
      maximumRetries: target.RetryPolicy?.MaximumRetryAttempts ?? DEFAULT_RETRIES,
    },
    createdAt,
    modifiedAt: state.clock.now(),
    nextAt: firstTime(state, input, timezone),
  }
}

function checkTarget(target: ScheduleInput['Target']): void {
  if (!/^arn:aws(-[a-z]+)?:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(target.RoleArn)) {
    throw refused('Target.RoleArn must be the ARN of a role.')
  }
  const queue = target.DeadLetterConfig?.Arn
  if (queue !== undefined && !/^arn:aws(-[a-z]+)?:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9\-_]+$/.test(queue)) {
    throw refused('Target.DeadLetterConfig.Arn must be the ARN of a queue.')
  }
  checkRange(
    'target.retryPolicy.maximumEventAgeInSeconds',
    target.RetryPolicy?.MaximumEventAgeInSeconds,
    60,
    86_400,
  )
  checkRange('target.retryPolicy.maximumRetryAttempts', target.RetryPolicy?.MaximumRetryAttempts, 0, 185)
  if (target.Input === undefined) return
  if (Buffer.byteLength(target.Input) > LONGEST_INPUT_BYTES) {
    throw refused(`Target.Input must have at most ${LONGEST_INPUT_BYTES} bytes.`)
  }
  const universal = target.Arn.startsWith('arn:aws:scheduler:::aws-sdk:')
  if ((universal || target.Arn.includes(':lambda:')) && !isJson(target.Input)) {
    throw refused('Target.Input must be JSON.')
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Rate schedules without StartDate invoke their target at once (scheduler user guide, schedule types). */
function firstTime(state: State, input: ScheduleInput, timezone: string): number | null {
  const now = state.clock.now()
  const expression = understood(input.ScheduleExpression, timezone, state.switches.minuteSeconds)
  if (expression.kind === 'rate') {
    const first = Math.max(now, input.StartDate ?? now)
    if (input.EndDate !== undefined && input.EndDate <= now) throw refused('EndDate must be in the future.')
    return input.EndDate !== undefined && first > input.EndDate ? null : first
  }
  if (expression.time >= now) return expression.time
  switch (state.switches.pastAt) {
    case 'refused':
      throw refused(`The time of the schedule expression ${input.ScheduleExpression} is in the past.`)
    case 'fires':
      return expression.time
    case 'ignored':
      return null
  }
}

function understood(text: string, timezone: string, minuteSeconds: number) {
  try {
    return parseExpression(text, timezone, minuteSeconds)
  } catch (error) {
    if (error instanceof ExpressionError) throw refused(error.message)
    throw error
  }
}

function shown(arnOf: (row: Schedule) => string, row: Schedule): unknown {
  const { target } = row
  const date = (time: number | null) => (time === null ? undefined : new Date(time))
  return {
    Arn: arnOf(row),
    Name: row.name,
    GroupName: row.groupName,
    Description: row.description ?? undefined,
    ScheduleExpression: row.expression,
    ScheduleExpressionTimezone: row.timezone,
    StartDate: date(row.startAt),
    EndDate: date(row.endAt),
    State: row.state,
    ActionAfterCompletion: row.actionAfterCompletion,
    FlexibleTimeWindow:
      row.flexibleMinutes === null
        ? { Mode: 'OFF' }
        : { Mode: 'FLEXIBLE', MaximumWindowInMinutes: row.flexibleMinutes },
    Target: {
      Arn: target.arn,
      RoleArn: target.roleArn,
      Input: target.input ?? undefined,
      DeadLetterConfig: target.deadLetterArn === null ? undefined : { Arn: target.deadLetterArn },
      RetryPolicy: {
        MaximumEventAgeInSeconds: target.maximumAge,
        MaximumRetryAttempts: target.maximumRetries,
      },
    },
    CreationDate: new Date(row.createdAt),
    LastModificationDate: new Date(row.modifiedAt),
  }
}
