import type { GatewayReport } from '../../contract/gateway-report.ts'
import { mergeSketches, quantile, type Sketch, subtractSketch } from '../../contract/sketch.ts'
import { OVERLOAD } from '../../contract/traffic.ts'
import { OUTER_BYTES_PER_PACKET } from '../cost/spend.ts'
import type { TaskCapacity } from './gateway-size.ts'

/** What one gateway task took in between two of its reports. */
export type TaskLoad = TaskCapacity &
  Readonly<{
    task: string
    /** Of what reached the task, the share that its kernel dropped or it left out to catch up, 0 to 1. */
    lossShare: number
    /** 99th percentile from the capture of a request to its sending; null where none was sent. */
    lagSeconds: number | null
  }>

/** Losses of fewer packets say nothing. */
const PACKETS_MIN = 1000
/** Reports that are closer than this are one. */
const APART_MS = 4000
/** Beside the datagrams in a report: what the kernel dropped, and how often the ring was full. */
const LOST = 'kernel_overflow'
const BESIDE = new Set([LOST, 'ring_full'])

/** The load of every task that reported at least twice, between its last report and the one before. */
export const loadsOf = (reports: readonly GatewayReport[]): TaskLoad[] => {
  const byTask = Map.groupBy(
    [...reports].sort((a, b) => (a.at < b.at ? -1 : 1)),
    ({ task }) => task,
  )
  return [...byTask.values()].flatMap((own) => {
    const last = own.at(-1)
    const before = last && own.findLast(({ at }) => Date.parse(last.at) - Date.parse(at) >= APART_MS)
    return last && before && !last.draining ? [loadBetween(before, last)] : []
  })
}

const loadBetween = (before: GatewayReport, last: GatewayReport): TaskLoad => {
  const seconds = (Date.parse(last.at) - Date.parse(before.at)) / 1000
  const received = Math.max(0, receivedBy(last) - receivedBy(before))
  const dropped = Math.max(0, (last.datagrams[LOST] ?? 0) - (before.datagrams[LOST] ?? 0))
  const leftOut = Math.max(0, leftOutBy(last) - leftOutBy(before))
  const packets = received + dropped
  const bytes = Math.max(0, bytesOf(last) - bytesOf(before))
  return {
    task: last.task,
    packetsPerSecond: packets / seconds,
    bytesPerSecond: (bytes + OUTER_BYTES_PER_PACKET * received) / seconds,
    lossShare: packets >= PACKETS_MIN ? (dropped + leftOut) / packets : 0,
    lagSeconds: quantile(subtractSketch(lagOf(last), lagOf(before)), 0.99),
  }
}

const receivedBy = ({ datagrams }: GatewayReport): number =>
  Object.entries(datagrams).reduce((sum, [outcome, count]) => (BESIDE.has(outcome) ? sum : sum + count), 0)

/** Received and not read: they are in the volume of their experiments. */
const leftOutBy = ({ experiments }: GatewayReport): number =>
  Object.values(experiments).reduce((sum, { packets }) => sum + (packets[OVERLOAD] ?? 0), 0)

const bytesOf = ({ experiments }: GatewayReport): number =>
  Object.values(experiments).reduce((sum, { volume }) => sum + volume.bytes, 0)

const lagOf = ({ experiments }: GatewayReport): Sketch =>
  Object.values(experiments).reduce<Sketch>((sum, { lag = [] }) => mergeSketches(sum, lag), [])
