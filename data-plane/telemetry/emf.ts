import { mergeSketches, quantile, type Sketch } from '../../contract/sketch.ts'
import { OVERLOAD, SHADOW_RESULTS } from '../../contract/traffic.ts'
import { violations } from './conservation.ts'
import { requestCounts } from './request-counters.ts'
import { type ExperimentSnapshot, emptySnapshot, type Snapshot, totalVolume } from './snapshot.ts'

/** CloudWatch's units, of those that are used. */
type Unit = 'Count' | 'Bytes' | 'Seconds'
type Metric = readonly [name: string, unit: Unit, value: number]

const NAMESPACE = 'Shadowmeter'

/**
 * Lines for standard output that CloudWatch Logs turns into metrics (embedded metric format): what was counted since
 * `before`, one line for the task's datagrams and one for every experiment with traffic. Dimensions stop at the
 * experiment, since every further one is a metric of its own on the bill.
 */
export const emfLines = (before: Snapshot | null, now: Snapshot, deployment: string, at: Date): string[] => {
  const earlier = before ?? emptySnapshot()
  const lines = [line({ Deployment: deployment }, ofTask(earlier, now), at)]
  for (const [id, counted] of Object.entries(now.experiments)) {
    const metrics = ofExperiment(counted, earlier.experiments[id] ?? null)
    if (metrics.some(([, unit, value]) => unit !== 'Seconds' && value > 0))
      lines.push(line({ Deployment: deployment, Experiment: id }, metrics, at))
  }
  return lines
}

const ofTask = (before: Snapshot, now: Snapshot): Metric[] => {
  const refused = ({ datagrams }: Snapshot) =>
    Object.values(datagrams).reduce((sum, count) => sum + count, 0) - datagrams.accepted
  const leftOut = ({ experiments }: Snapshot) =>
    Object.values(experiments).reduce((sum, { packets }) => sum + (packets[OVERLOAD] ?? 0), 0)
  return [
    ['DatagramsReceived', 'Count', now.received - before.received],
    ['DatagramsRefused', 'Count', refused(now) - refused(before)],
    ['KernelOverflow', 'Count', (now.kernelOverflow ?? 0) - (before.kernelOverflow ?? 0)],
    ['RingFull', 'Count', now.ringFull - before.ringFull],
    ['PacketsLeftOut', 'Count', leftOut(now) - leftOut(before)],
    ['ConservationViolations', 'Count', violations(now).length],
  ]
}

const ofExperiment = (now: ExperimentSnapshot, before: ExperimentSnapshot | null): Metric[] => {
  const counts = (read: (snapshot: ExperimentSnapshot) => number) => read(now) - (before ? read(before) : 0)
  const requests = (read: (requests: ReturnType<typeof requestCounts>) => number) =>
    counts((snapshot) => read(requestCounts(snapshot.requests, snapshot.copies)))
  const failures = SHADOW_RESULTS.filter((result) => result.startsWith('failed'))
  const durations = (name: string, sketch: Sketch, earlier: Sketch | undefined): Metric[] =>
    [0.5, 0.99].flatMap((q) => {
      const value = quantile(since(sketch, earlier ?? []), q)
      return value === null ? [] : [[`${name}P${q * 100}`, 'Seconds', value] as const]
    })
  return [
    ['MirroredBytes', 'Bytes', counts(({ sources }) => totalVolume(sources).bytes)],
    ['MirroredPackets', 'Count', counts(({ sources }) => totalVolume(sources).packets)],
    ['GapBytes', 'Bytes', counts(({ gapBytes }) => gapBytes)],
    ['RequestsReceived', 'Count', requests(({ received }) => received)],
    ['RequestsForwarded', 'Count', requests(({ forwarded }) => forwarded)],
    ['RequestsSampledOut', 'Count', requests(({ sampled_out }) => sampled_out)],
    ['RequestsFiltered', 'Count', requests(({ filtered }) => filtered)],
    ['RequestsHeldBack', 'Count', requests(({ held_back }) => held_back)],
    ['RequestsIncomplete', 'Count', requests(({ incomplete }) => incomplete)],
    ['RequestsDropped', 'Count', requests(({ dropped }) => dropped)],
    ['ShadowServerErrors', 'Count', requests(({ shadow }) => shadow.answered_5xx ?? 0)],
    [
      'ShadowFailures',
      'Count',
      requests(({ shadow }) => failures.reduce((sum, result) => sum + (shadow[result] ?? 0), 0)),
    ],
    ...durations('ShadowLatency', now.latency, before?.latency),
    ...durations('CaptureLag', now.lag, before?.lag),
  ]
}

/** What a sketch has counted since it was an earlier one. */
const since = (now: Sketch, before: Sketch): Sketch =>
  mergeSketches(
    now,
    before.map((value, i) => (i % 2 === 0 ? value : -value)),
  )

const line = (dimensions: Record<string, string>, metrics: readonly Metric[], at: Date): string =>
  `${JSON.stringify({
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: metrics.map(([Name, Unit]) => ({ Name, Unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(metrics.map(([name, , value]) => [name, value])),
  })}\n`
