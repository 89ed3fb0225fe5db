import { AwsError } from '../aws-error.ts'
import { integer, list, required, string, structure } from '../protocol/shape.ts'
import type { ScheduleGroup } from '../rows.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import { listed } from './listed.ts'
import { checkName, conflict, notFound } from './problems.ts'

const tag = structure({ Key: required(string), Value: required(string) })

export function groupActions(state: State): Record<string, Action> {
  return {
    CreateScheduleGroup: action({ Name: required(string), Tags: list(tag), ClientToken: string }, (input) => {
      const { Name: name, ClientToken: token } = input
      checkName('Name', name)
      const before = state.scheduleGroups.get(name)
      const repeated =
        token !== undefined && state.tokens.get(`CreateScheduleGroup:${token}`)?.answer.id === name
      if (before && !repeated) throw conflict(`Schedule group ${name} already exists.`)
      if (!before) {
        const now = state.clock.now()
        const tags = Object.fromEntries((input.Tags ?? []).map(({ Key: key, Value: value }) => [key, value]))
        state.scheduleGroups.set(name, { name, state: 'ACTIVE', createdAt: now, modifiedAt: now, tags })
        if (token !== undefined) {
          state.tokens.set(`CreateScheduleGroup:${token}`, {
            fingerprint: name,
            answer: { id: name },
            at: now,
          })
        }
      }
      return { ScheduleGroupArn: groupArn(state, name) }
    }),

    GetScheduleGroup: action(
      { Name: required(string) },
      (input) => shown(state, existingGroup(state, input.Name)),
      { readOnly: true },
    ),

    DeleteScheduleGroup: action({ Name: required(string), ClientToken: string }, (input) => {
      if (input.Name === 'default') {
        throw new AwsError('ValidationException', 'Deleting the default schedule group is not allowed.')
      }
      const group = existingGroup(state, input.Name)
      if (group.state === 'DELETING') return {}
      state.scheduleGroups.set(group.name, { ...group, state: 'DELETING', modifiedAt: state.clock.now() })
      finishDeletion(state, group.name)
      return {}
    }),

    ListScheduleGroups: action(
      { NamePrefix: string, MaxResults: integer, NextToken: string },
      (input) => {
        const rows = state.scheduleGroups.list().filter((row) => row.name.startsWith(input.NamePrefix ?? ''))
        const page = listed(rows, (row) => row.name, input)
        return { ScheduleGroups: page.rows.map((row) => shown(state, row)), NextToken: page.nextToken }
      },
      { readOnly: true },
    ),

    TagResource: action({ ResourceArn: required(string), Tags: required(list(tag)) }, (input) => {
      const group = groupOfArn(state, input.ResourceArn)
      const added = Object.fromEntries(input.Tags.map(({ Key: key, Value: value }) => [key, value]))
      state.scheduleGroups.set(group.name, { ...group, tags: { ...group.tags, ...added } })
      return {}
    }),

    UntagResource: action({ ResourceArn: required(string), TagKeys: required(list(string)) }, (input) => {
      const group = groupOfArn(state, input.ResourceArn)
      const tags = Object.fromEntries(
        Object.entries(group.tags).filter(([key]) => !input.TagKeys.includes(key)),
      )
      state.scheduleGroups.set(group.name, { ...group, tags })
      return {}
    }),

    ListTagsForResource: action(
      { ResourceArn: required(string) },
      (input) => {
        const { tags } = groupOfArn(state, input.ResourceArn)
        return { Tags: Object.entries(tags).map(([key, value]) => ({ Key: key, Value: value })) }
      },
      { readOnly: true },
    ),
  }
}

/** Deletions that a restart interrupted. */
export function resumeGroupDeletions(state: State): void {
  for (const row of state.scheduleGroups.list()) if (row.state === 'DELETING') finishDeletion(state, row.name)
}

/** Schedules of a group may fire until they are gone, as AWS warns. */
function finishDeletion(state: State, name: string): void {
  state.clock.setTimer(state.switches.groupDeletionSeconds * 1000, () => {
    for (const [key, row] of state.schedules.entries())
      if (row.groupName === name) state.schedules.delete(key)
    state.scheduleGroups.delete(name)
  })
}

export function existingGroup(state: State, name: string): ScheduleGroup {
  checkName('GroupName', name)
  const group = state.scheduleGroups.get(name)
  if (!group) throw notFound(`Schedule group ${name} does not exist.`)
  return group
}

const groupArn = (state: State, name: string) => state.arn('scheduler', `schedule-group/${name}`)

function groupOfArn(state: State, arn: string): ScheduleGroup {
  const group = state.scheduleGroups.list().find((row) => groupArn(state, row.name) === arn)
  if (!group) throw notFound(`Schedule group ${arn} does not exist.`)
  return group
}

function shown(state: State, row: ScheduleGroup): unknown {
  return {
    Arn: groupArn(state, row.name),
    Name: row.name,
    State: row.state,
    CreationDate: new Date(row.createdAt),
    LastModificationDate: new Date(row.modifiedAt),
  }
}
