import { AwsError } from '../aws-error.ts'
import { boolean, integer, list, required, string } from '../protocol/shape.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import type { Tags } from '../world.ts'
import { filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation, interfaceNotFound, mirrorNotFound } from './errors.ts'
import { isTooMany, tagsFrom, tagsMember, tooMany } from './tag-rules.ts'

/** How many resources one call may name. */
const MAX_RESOURCES = 1000

/** By the id's prefix. */
const TYPES: Readonly<Record<string, string>> = {
  i: 'instance',
  eni: 'network-interface',
  vpc: 'vpc',
  subnet: 'subnet',
  tmf: 'traffic-mirror-filter',
  tmfr: 'traffic-mirror-filter-rule',
  tms: 'traffic-mirror-session',
  tmt: 'traffic-mirror-target',
}

type TagRow = { resourceId: string; resourceType: string; key: string; value: string }

export function tagActions(state: State): Record<string, Action> {
  const resources = required(list(string, 'ResourceId'))
  return {
    CreateTags: action({ Resources: resources, Tags: required(tagsMember), DryRun: boolean }, (input) => {
      const added = tagsFrom(input.Tags)
      checkResources(state, input.Resources)
      const wanted = input.Resources.map((id): [string, Tags] => [id, { ...state.tags.get(id), ...added }])
      if (wanted.some(([, tags]) => isTooMany(tags))) throw tooMany()
      if (input.DryRun) throw dryRunOperation()
      for (const [id, tags] of wanted) state.tags.set(id, tags)
      return { return: true }
    }),

    DeleteTags: action({ Resources: resources, Tags: tagsMember, DryRun: boolean }, (input) => {
      checkResources(state, input.Resources)
      if (input.DryRun) throw dryRunOperation()
      for (const id of input.Resources) {
        const kept = Object.entries(state.tags.get(id) ?? {}).filter(
          ([key, value]) =>
            key.startsWith('aws:') || (input.Tags && !input.Tags.some((tag) => isTag(tag, key, value))),
        )
        state.tags.set(id, Object.fromEntries(kept))
      }
      return { return: true }
    }),

    DescribeTags: action(
      { Filters: filtersMember, MaxResults: integer, NextToken: string, DryRun: boolean },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const rows = tagRows(state)
        // A `tag:<key>` filter is about that one tag here, not about the whole resource.
        const shown = page(
          filtered(rows, input.Filters, readers, (row) => ({ [row.key]: row.value })),
          (row) => `${row.resourceId} ${row.key}`,
          input,
          true,
        )
        return { tagSet: shown.rows, nextToken: shown.nextToken }
      },
      { readOnly: true },
    ),
  }
}

const readers: Readers<TagRow> = {
  key: (row) => [row.key],
  'resource-id': (row) => [row.resourceId],
  'resource-type': (row) => [row.resourceType],
  value: (row) => [row.value],
}

function tagRows(state: State): TagRow[] {
  const lag = state.describeLag
  return state.tags.entries(lag).flatMap(([resourceId, tags]) =>
    Object.entries(tags).map(([key, value]) => ({
      resourceId,
      resourceType: TYPES[resourceId.split('-')[0] ?? ''] ?? 'unknown',
      key,
      value,
    })),
  )
}

/** Without a value, DeleteTags removes the key whatever its value is. */
function isTag(
  tag: { Key?: string | undefined; Value?: string | undefined },
  key: string,
  value: string,
): boolean {
  return tag.Key === key && (tag.Value === undefined || tag.Value === value)
}

function checkResources(state: State, ids: readonly string[]): void {
  if (ids.length > MAX_RESOURCES) {
    throw new AwsError('InvalidParameterValue', `At most ${MAX_RESOURCES} resources can be named`)
  }
  for (const id of ids) if (!exists(state, id)) throw notFound(state, id)
}

function exists(state: State, id: string): boolean {
  const { world } = state
  return (
    [
      state.instances,
      state.networkInterfaces,
      state.mirrorFilters,
      state.mirrorRules,
      state.mirrorSessions,
      state.mirrorTargets,
    ].some((table) => table.get(id) !== undefined) ||
    world.vpcs.some((row) => row.id === id) ||
    world.subnets.some((row) => row.id === id)
  )
}

function notFound(state: State, id: string): AwsError {
  switch (id.split('-')[0]) {
    case 'tmf':
      return mirrorNotFound(state.switches, 'Filter', id)
    case 'tmfr':
      return mirrorNotFound(state.switches, 'FilterRule', id)
    case 'tms':
      return mirrorNotFound(state.switches, 'Session', id)
    case 'tmt':
      return mirrorNotFound(state.switches, 'Target', id)
    case 'eni':
      return interfaceNotFound(id)
    case 'i':
      return new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
    default:
      return new AwsError('InvalidID', `The ID '${id}' is not valid`)
  }
}
