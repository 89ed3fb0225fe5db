import * as z from 'zod'
import { DIFFERENCE_KINDS, DifferenceKind } from './difference.ts'
import { Timestamp } from './experiment.ts'
import { addMeasurements, emptyMeasurement, Measurement } from './measurement.ts'
import { mergeSketches } from './sketch.ts'
import { Sketch } from './sketch-schema.ts'

/** Why a request that was to be compared was not. */
export const UNPAIRED_REASONS = [
  'production_missing',
  'production_incomplete',
  'production_oversized',
  'shadow_not_sent',
  'shadow_unreachable',
  'shadow_oversized',
  'expired',
  'evicted',
  'gateways_swapped',
  'ended',
] as const
export const UnpairedReason = z
  .enum(UNPAIRED_REASONS)
  .describe(
    'production_missing: no response was seen that is proven to belong to the request; expired: the other side did not come ' +
      'in time; evicted: too many waited at once; gateways_swapped: another set of gateways took over at that time; ended: the experiment ended first',
  )
export type UnpairedReason = z.output<typeof UnpairedReason>

const count = z.int().nonnegative()

/** One way in which the answers of an endpoint differ. */
export const DifferenceTally = z.strictObject({
  kind: DifferenceKind,
  path: z
    .string()
    .describe('$.items[*].price in JSON; a header’s name; production’s and the shadow’s status as 201>422'),
  count: count.describe('exchanges in which it was found and nothing explains it'),
  shaped: count.describe('exchanges in which only times, ids or signatures differ there'),
  repeats: count.describe('in how many of production’s own repeated answers it was found'),
  drifted: count
    .default(0)
    .describe('exchanges in which it is of data that production has written since the shadow’s was copied'),
  controls: count
    .default(0)
    .describe('exchanges in which production’s answer differs there from the control’s, today’s release'),
  ages: z
    .number()
    .default(0)
    .describe('hours since the shadow’s data was copied, summed over the exchanges of `count`'),
})
export type DifferenceTally = z.output<typeof DifferenceTally>

/** Of a pair of statuses, as 200>404: one side does not know the object. */
export const isUnknownObject = (pair: string): boolean => /^2\d\d>(?:404|410)$|^(?:404|410)>2\d\d$/.test(pair)

/** What comparing has found of one endpoint. Adds up over workers and tasks. */
export const EndpointTally = z.strictObject({
  endpoint: z.string().describe('method and template, as GET /orders/{id}'),
  compared: count,
  differing: count.describe('exchanges with at least one difference that nothing explains'),
  failed: count.describe('exchanges the shadow did not answer: timed out, or broke off'),
  controlled: count.default(0).describe('exchanges that the control, today’s release, was sent too'),
  drifted: count.default(0).describe('exchanges that differ, and only where production’s data is newer'),
  ages: z
    .strictObject({ sum: z.number(), squares: z.number() })
    .default({ sum: 0, squares: 0 })
    .describe(
      'hours since the shadow’s data was copied, and their squares, summed over the compared exchanges',
    ),
  statuses: z
    .record(z.string(), count)
    .describe('exchanges by production’s and the shadow’s status, as 201>422; failed for no answer'),
  repeated: count.describe('production’s answers to a request that it had answered shortly before'),
  differences: z.array(DifferenceTally),
  production: Sketch.describe('last byte of the request to first of the response, by capture'),
  shadow: Sketch.describe('the same by the forwarder'),
  productionWhole: Sketch.default([]).describe(
    'last byte of the request to last of the response, by capture',
  ),
  shadowWhole: Sketch.default([]).describe('the same by the forwarder'),
  slower: Sketch.describe('what the shadow took longer, where it did'),
  faster: Sketch.describe('what the shadow took less'),
  control: Sketch.default([]).describe('the control’s, by the forwarder, as the shadow’s'),
  slowerThanControl: Sketch.default([]).describe(
    'what the shadow took longer than the control at the same request',
  ),
  fasterThanControl: Sketch.default([]).describe('what it took less'),
})
export type EndpointTally = z.output<typeof EndpointTally>

export const SAMPLE_KINDS = [...DIFFERENCE_KINDS, 'slower'] as const

/** Text of a masked body, its beginning if it is long; null when it is no text, or was not kept. */
const Content = z.string().max(4_000).nullable().default(null)

/** One exchange that shows a difference, or that the shadow was slow at; what was said is in it masked, or not at all. */
export const Sample = z.strictObject({
  endpoint: z.string(),
  kind: z.enum(SAMPLE_KINDS),
  path: z.string(),
  at: Timestamp.describe('capture of the request’s last byte'),
  rank: z.number().describe('by chance: the lowest are kept, wherever they were seen'),
  requestId: z
    .string()
    .nullable()
    .describe(
      'what production’s request or response names itself by: X-Request-Id, X-Amzn-Trace-Id or traceparent',
    ),
  traceId: z.string().nullable().default(null).describe('of X-Amzn-Trace-Id or traceparent'),
  client: z.string().default('').describe('address and port; with production’s server and TCP, the 5-tuple'),
  request: z
    .strictObject({
      method: z.string(),
      target: z.string(),
      headers: z.array(z.string()).describe('name, value, name, value ...'),
      body: Content,
    })
    .nullable()
    .default(null)
    .describe('as the shadow was sent it, masked; null when it was not kept'),
  production: z.strictObject({
    status: z.int(),
    milliseconds: z.number(),
    server: z.string(),
    body: Content,
  }),
  shadow: z.strictObject({ status: z.int(), milliseconds: z.number(), body: Content }),
})
export type Sample = z.output<typeof Sample>

/**
 * What one gateway, or all of them, have compared: every expected pair is waiting, compared or unpaired for one reason.
 * Cumulative: a report written twice changes nothing.
 */
export const Comparison = z.strictObject({
  warmUp: count.default(0).describe('requests sent to the shadow while it warmed up: in none of the others'),
  expected: count.describe('requests sent to the shadow to be compared'),
  waiting: count,
  compared: count,
  measurement: Measurement.default(emptyMeasurement),
  unpaired: z.partialRecord(UnpairedReason, count),
  endpoints: z.array(EndpointTally),
  samples: z.array(Sample),
})
export type Comparison = z.output<typeof Comparison>

export const emptyComparison = (): Comparison => ({
  warmUp: 0,
  expected: 0,
  waiting: 0,
  compared: 0,
  measurement: emptyMeasurement(),
  unpaired: {},
  endpoints: [],
  samples: [],
})

/** Kept of each difference of an endpoint. */
export const SAMPLES_PER_DIFFERENCE = 3

export const addComparisons = (a: Comparison, b: Comparison): Comparison => ({
  warmUp: a.warmUp + b.warmUp,
  expected: a.expected + b.expected,
  waiting: a.waiting + b.waiting,
  compared: a.compared + b.compared,
  measurement: addMeasurements(a.measurement, b.measurement),
  unpaired: addCounts(a.unpaired, b.unpaired),
  endpoints: mergeBy([...a.endpoints, ...b.endpoints], ({ endpoint }) => endpoint, addEndpoints),
  samples: keepSamples([...a.samples, ...b.samples]),
})

export const addEndpoints = (a: EndpointTally, b: EndpointTally): EndpointTally => ({
  endpoint: a.endpoint,
  compared: a.compared + b.compared,
  differing: a.differing + b.differing,
  failed: a.failed + b.failed,
  controlled: a.controlled + b.controlled,
  drifted: a.drifted + b.drifted,
  ages: { sum: a.ages.sum + b.ages.sum, squares: a.ages.squares + b.ages.squares },
  statuses: addCounts(a.statuses, b.statuses),
  repeated: a.repeated + b.repeated,
  differences: mergeBy(
    [...a.differences, ...b.differences],
    ({ kind, path }) => `${kind} ${path}`,
    (left, right) => ({
      ...left,
      count: left.count + right.count,
      shaped: left.shaped + right.shaped,
      repeats: left.repeats + right.repeats,
      controls: left.controls + right.controls,
      drifted: left.drifted + right.drifted,
      ages: left.ages + right.ages,
    }),
  ),
  production: mergeSketches(a.production, b.production),
  shadow: mergeSketches(a.shadow, b.shadow),
  productionWhole: mergeSketches(a.productionWhole, b.productionWhole),
  shadowWhole: mergeSketches(a.shadowWhole, b.shadowWhole),
  slower: mergeSketches(a.slower, b.slower),
  faster: mergeSketches(a.faster, b.faster),
  control: mergeSketches(a.control, b.control),
  slowerThanControl: mergeSketches(a.slowerThanControl, b.slowerThanControl),
  fasterThanControl: mergeSketches(a.fasterThanControl, b.fasterThanControl),
})

/** The samples of lowest rank of each difference. */
export const keepSamples = (samples: readonly Sample[]): Sample[] => {
  const kept = new Map<string, number>()
  return samples
    .toSorted((a, b) => a.rank - b.rank)
    .filter(({ endpoint, kind, path }) => {
      const key = `${endpoint} ${kind} ${path}`
      const number = (kept.get(key) ?? 0) + 1
      kept.set(key, number)
      return number <= SAMPLES_PER_DIFFERENCE
    })
}

const addCounts = <Key extends string>(
  a: Partial<Record<Key, number>>,
  b: Partial<Record<Key, number>>,
): Record<Key, number> => {
  const sum = { ...a } as Record<Key, number>
  for (const key of Object.keys(b) as Key[]) sum[key] = (sum[key] ?? 0) + (b[key] ?? 0)
  return sum
}

const mergeBy = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  add: (a: Item, b: Item) => Item,
): Item[] => {
  const merged = new Map<string, Item>()
  for (const item of items) {
    const key = keyOf(item)
    const other = merged.get(key)
    merged.set(key, other === undefined ? item : add(other, item))
  }
  return [...merged.values()]
}
