import { AwsError } from '../aws-error.ts'
import type { CallLog, CallRecord } from '../call-log.ts'
import { PRODUCTS, REGIONS } from '../pricing/products.ts'
import { type Infer, list, oneOf, required, string, structure } from '../protocol/shape.ts'
import { action, type Service } from '../service.ts'
import type { State } from '../state.ts'

/** https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html */
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Nothing says how late Cost Explorer is: about a day. */
const LATE = DAY
/** Until so long after a day its figures are estimates. */
const FINAL_AFTER = 3 * DAY

const members = {
  TimePeriod: required(structure({ Start: required(string), End: required(string) })),
  Granularity: required(oneOf('DAILY')),
  Metrics: required(list(oneOf('UnblendedCost'))),
  Filter: structure({
    Tags: required(structure({ Key: required(string), Values: required(list(string)) })),
  }),
  GroupBy: list(structure({ Type: required(oneOf('DIMENSION')), Key: required(oneOf('USAGE_TYPE')) })),
  NextPageToken: string,
}

/** AWS Cost Explorer, as far as mirror sessions go: begun hours by their tags, from the log of what was done. */
export function costExplorerService(state: State, calls: CallLog): Service {
  return {
    scope: 'ce',
    regions: ['us-east-1'],
    json: { prefix: 'AWSInsightsIndexService', version: '1.1' },
    actions: {
      GetCostAndUsage: action(members, (input) => getCostAndUsage(state, calls, input), { readOnly: true }),
    },
    refuse: ({ message }) => new AwsError('ValidationException', message),
  }
}

function getCostAndUsage(state: State, calls: CallLog, input: Infer<typeof members>): unknown {
  const [start, end] = [dayOf(input.TimePeriod.Start), dayOf(input.TimePeriod.End)]
  if (end <= start)
    throw new AwsError('ValidationException', 'Start date (and hour) should be before end date')
  const { calls: log, forgotten } = calls.after(0, 'ec2')
  if (forgotten) throw new AwsError('DataUnavailableException', 'The call log has forgotten its beginning')
  const sessions = sessionsOf(log).filter(({ tags }) => isWanted(tags, input.Filter))
  const product = PRODUCTS.find(({ usageType }) => usageType === 'ENI-Mirror')
  const usd = state.world.prices?.['ENI-Mirror'] ?? product?.tiers[0]?.usd ?? 0
  const usageType = `${REGIONS[state.world.region] ?? ''}ENI-Mirror`
  const now = state.clock.now()
  const days: unknown[] = []
  for (let day = start; day < end; day += DAY) {
    const hours = sessions.reduce(
      (sum, session) => sum + hoursIn(session, day, Math.min(day + DAY, now - LATE)),
      0,
    )
    days.push({
      TimePeriod: { Start: textOf(day), End: textOf(day + DAY) },
      Total: {},
      Estimated: now < day + FINAL_AFTER,
      Groups:
        hours === 0
          ? []
          : [
              {
                Keys: [usageType],
                Metrics: { UnblendedCost: { Amount: (hours * usd).toFixed(10), Unit: 'USD' } },
              },
            ],
    })
  }
  return { GroupDefinitions: input.GroupBy ?? [], ResultsByTime: days, DimensionValueAttributes: [] }
}

type Session = { tags: ReadonlyMap<string, string>; from: number; to: number }

function sessionsOf(log: readonly CallRecord[]): Session[] {
  const sessions = new Map<string, Session>()
  for (const { at, input, created, deleted } of log) {
    for (const id of created)
      if (id.startsWith('tms-') && !sessions.has(id))
        sessions.set(id, { tags: tagsIn(input), from: at, to: Infinity })
    for (const id of deleted) {
      const session = sessions.get(id)
      if (session && session.to === Infinity) session.to = at
    }
  }
  return [...sessions.values()]
}

function tagsIn(input: unknown): ReadonlyMap<string, string> {
  const { TagSpecifications = [] } = input as {
    TagSpecifications?: { Tags?: { Key?: string; Value?: string }[] }[]
  }
  return new Map(
    TagSpecifications.flatMap(({ Tags = [] }) => Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
  )
}

const isWanted = (tags: ReadonlyMap<string, string>, filter: Infer<typeof members>['Filter']): boolean =>
  !filter || filter.Tags.Values.includes(tags.get(filter.Tags.Key) ?? '')

/** Hours that began in that time, the first with the session. */
function hoursIn({ from, to }: Session, start: number, end: number): number {
  let hours = 0
  for (let at = from; at < end && (at < to || at === from); at += HOUR) if (at >= start) hours += 1
  return hours
}

function dayOf(text: string): number {
  const at = Date.parse(`${text}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(at))
    throw new AwsError('ValidationException', `A date looks like 2026-11-21, not ${text}`)
  return at
}

const textOf = (day: number): string => new Date(day).toISOString().slice(0, 10)
