import { AwsError } from '../aws-error.ts'
import { ec2Id } from '../ids.ts'
import { boolean, integer, list, oneOf, required, string } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { MirrorFilter } from '../rows.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import type { Tags } from '../world.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation, mirrorNotFound } from './errors.ts'
import { createOnce } from './idempotency.ts'
import { ruleXml } from './mirror-rules.ts'
import { mirrorTagFilters } from './mirror-tag-filters.ts'
import { referenced } from './reference.ts'
import { tagSet, tagSpecificationsMember, tagsAt, tagsOnCreate } from './tag-rules.ts'

const FILTERS_PER_ACCOUNT = 10_000

const networkService = oneOf('amazon-dns')

export function mirrorFilterActions(state: State): Record<string, Action> {
  return {
    CreateTrafficMirrorFilter: action(
      {
        Description: string,
        TagSpecifications: tagSpecificationsMember,
        ClientToken: string,
        DryRun: boolean,
      },
      (input, call) => {
        if (input.DryRun) throw dryRunOperation()
        const wanted = (id: string): MirrorFilter => ({
          id,
          description: input.Description ?? null,
          networkServices: [],
        })
        const row = createOnce(
          state,
          'CreateTrafficMirrorFilter',
          input,
          (id) => state.mirrorFilters.get(id),
          () => {
            const tags = tagsOnCreate(input.TagSpecifications, 'traffic-mirror-filter')
            if (state.mirrorFilters.size >= FILTERS_PER_ACCOUNT) {
              throw new AwsError(
                'TrafficMirrorFilterLimitExceeded',
                `The limit is ${FILTERS_PER_ACCOUNT} filters`,
              )
            }
            const filter = wanted(ec2Id(state.random, 'tmf'))
            state.mirrorFilters.set(filter.id, filter)
            state.tags.set(filter.id, tags)
            call.created.push(filter.id)
            return filter
          },
        )
        return {
          trafficMirrorFilter: filterXml(state, row, state.tags.get(row.id) ?? {}, 0),
          clientToken: input.ClientToken,
        }
      },
    ),

    ModifyTrafficMirrorFilterNetworkServices: action(
      {
        TrafficMirrorFilterId: required(string),
        AddNetworkServices: list(networkService, 'AddNetworkService'),
        RemoveNetworkServices: list(networkService, 'RemoveNetworkService'),
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const before = existing(state, input.TrafficMirrorFilterId)
        const services = new Set<string>([...before.networkServices, ...(input.AddNetworkServices ?? [])])
        for (const service of input.RemoveNetworkServices ?? []) services.delete(service)
        const after = state.mirrorFilters.set(before.id, { ...before, networkServices: [...services] })
        return { trafficMirrorFilter: filterXml(state, after, state.tags.get(after.id) ?? {}, 0) }
      },
    ),

    DeleteTrafficMirrorFilter: action(
      { TrafficMirrorFilterId: required(string), DryRun: boolean },
      (input, call) => {
        if (input.DryRun) throw dryRunOperation()
        const { id } = existing(state, input.TrafficMirrorFilterId)
        if (state.mirrorSessions.list().some((session) => session.filterId === id)) {
          throw new AwsError('TrafficMirrorFilterInUse', `Traffic mirror sessions use the filter '${id}'`)
        }
        for (const rule of state.mirrorRules.list()) {
          if (rule.filterId !== id) continue
          state.mirrorRules.delete(rule.id)
          state.tags.delete(rule.id)
          call.deleted.push(rule.id)
        }
        state.mirrorFilters.delete(id)
        state.tags.delete(id)
        call.deleted.push(id)
        return { trafficMirrorFilterId: id }
      },
    ),

    DescribeTrafficMirrorFilters: action(
      {
        TrafficMirrorFilterIds: list(string, 'TrafficMirrorFilterId'),
        Filters: filtersMember,
        MaxResults: integer,
        NextToken: string,
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const lag = state.describeLag
        const rows = chosen(state.mirrorFilters.list(lag), idOf, input.TrafficMirrorFilterIds, (id) =>
          mirrorNotFound(state.switches, 'Filter', id),
        )
        const { filters, tagsOf } = mirrorTagFilters(state, input.Filters)
        const shown = page(filtered(rows, filters, readers, tagsOf), idOf, input, true)
        return {
          trafficMirrorFilterSet: shown.rows.map((row) =>
            filterXml(state, row, tagsAt(state, row.id, lag), lag),
          ),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),
  }
}

const idOf = (row: { id: string }) => row.id

const readers: Readers<MirrorFilter> = {
  description: (row) => [row.description],
  'traffic-mirror-filter-id': (row) => [row.id],
}

function existing(state: State, id: string): MirrorFilter {
  const row = referenced(state.mirrorFilters, id, state.referenceLag)
  if (!row) throw mirrorNotFound(state.switches, 'Filter', id)
  return row
}

function filterXml(state: State, row: MirrorFilter, tags: Tags, lag: number): XmlValue {
  const rules = state.mirrorRules
    .list(lag)
    .filter((rule) => rule.filterId === row.id)
    .sort((a, b) => a.number - b.number)
  const of = (direction: 'ingress' | 'egress') =>
    rules
      .filter((rule) => rule.direction === direction)
      .map((rule) => ruleXml(rule, tagsAt(state, rule.id, lag)))
  return {
    trafficMirrorFilterId: row.id,
    ingressFilterRuleSet: of('ingress'),
    egressFilterRuleSet: of('egress'),
    networkServiceSet: row.networkServices,
    description: row.description,
    tagSet: tagSet(tags),
  }
}
