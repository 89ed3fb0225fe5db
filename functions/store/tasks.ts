import * as z from 'zod'
import { Timestamp } from '../../contract/experiment.ts'
import { Sketch } from '../../contract/sketch-schema.ts'
import { belongings, taskKey } from '../../contract/table.ts'
import {
  HeldBack,
  noPayload,
  Payload,
  RecordedCounts,
  Redacted,
  RequestCounts,
  Volume,
} from '../../contract/traffic.ts'
import { putItem, queryAll, type Table } from './table.ts'

const count = z.int().nonnegative()
const Counts = z.record(z.string(), count).default({})

/** What one gateway task has done for one experiment, from its last report: totals are sums over these. */
export const TaskTotal = z.object({
  task: z.string(),
  /** Of the gateway; empty where it did not say. */
  version: z.string().default(''),
  /** When the task started to work for this experiment, and the last time it was heard of. */
  since: Timestamp,
  at: Timestamp,
  /** Task seconds charged to this experiment; a second shared by n experiments counts 1/n for each. */
  seconds: z.number().nonnegative(),
  volume: Volume,
  requests: RequestCounts,
  redacted: Redacted.default({}),
  heldBack: HeldBack.default({}),
  recorded: RecordedCounts.default({}),
  /** Requests that reached the shadow, the first of several, and the control. */
  served: z.object({ shadow: z.number(), control: z.number() }).default({ shadow: 0, control: 0 }),
  /** Connections that were open when the task stopped. */
  cut: count.default(0),
  payload: Payload.default(noPayload),
  /** Packets that it did not read because it was behind. */
  leftOut: count.default(0),
  /** Its own packets by what became of them, and bytes that never came. */
  packets: Counts,
  gapBytes: count.default(0),
  /** Of the whole task, whatever experiment they belonged to. */
  datagrams: Counts,
  /** By VNI. */
  sources: z.record(z.string(), Volume),
  /** Seconds to the head of the shadow’s answer, and from the capture of a request to its sending. */
  latency: Sketch,
  lag: Sketch,
})
export type TaskTotal = z.output<typeof TaskTotal>

export const readTasks = async (table: Table, experiment: string): Promise<TaskTotal[]> =>
  (await queryAll(table, belongings(experiment), { prefix: 'TASK#' })).map((item) => TaskTotal.parse(item))

export const writeTask = async (table: Table, experiment: string, total: TaskTotal): Promise<void> => {
  await putItem(table, taskKey(experiment, total.task), total)
}
