import { expect, test } from 'vitest'
import * as z from 'zod'
import { emfLines } from '../../../data-plane/telemetry/emf.ts'
import { zeroRequestCounters } from '../../../data-plane/telemetry/request-counters.ts'
import { addSnapshots, emptySnapshot, type Snapshot } from '../../../data-plane/telemetry/snapshot.ts'

const EXPERIMENT = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'
const AT = new Date('2026-11-21T14:05:00Z')

/** The embedded metric format's own schema (CloudWatch User Guide), as far as it can say it; the rest is checked below. */
const name = z.string().min(1).max(1024)
const Emf = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int().nonnegative(),
    CloudWatchMetrics: z
      .array(
        z.strictObject({
          Namespace: z
            .string()
            .min(1)
            .max(1024)
            .regex(/^(?!AWS\/)[0-9A-Za-z.\-_/#:]+$/),
          Dimensions: z.array(z.array(name.max(250)).min(1).max(30)).min(1),
          Metrics: z
            .array(z.strictObject({ Name: name, Unit: z.enum(['Count', 'Bytes', 'Seconds']) }))
            .min(1)
            .max(100),
        }),
      )
      .length(1),
  }),
})

const parsed = (line: string) => {
  expect(line.endsWith('\n') && !line.slice(0, -1).includes('\n')).toBe(true)
  const object = Emf.parse(JSON.parse(line)) as z.output<typeof Emf> & Record<string, unknown>
  const [directive] = object._aws.CloudWatchMetrics
  for (const dimension of directive?.Dimensions.flat() ?? [])
    expect(z.string().min(1).max(1024).safeParse(object[dimension]).success).toBe(true)
  const names = directive?.Metrics.map(({ Name }) => Name) ?? []
  expect(new Set(names).size).toBe(names.length)
  for (const metric of names) expect(Number.isFinite(object[metric])).toBe(true)
  return object
}

const counted = (): Snapshot => {
  const snapshot = emptySnapshot()
  snapshot.received = 10
  snapshot.datagrams.accepted = 8
  snapshot.datagrams.wrong_source = 2
  snapshot.kernelOverflow = 3
  const requests = zeroRequestCounters()
  requests.seen = 7
  requests.forwarded = 5
  requests.shadow.answered_2xx = 3
  requests.shadow.answered_5xx = 1
  requests.shadow.failed_timeout = 1
  requests.refused['dropped.breaker_open'] = 2
  snapshot.experiments[EXPERIMENT] = {
    packets: { 'tcp.data': 8 },
    sources: { 7: { packets: 8, bytes: 800 } },
    gapBytes: 0,
    cut: 0,
    bytes: { received: 700, delivered: 700 },
    truncated: 3,
    protocols: { tls: 2 },
    requests,
    copies: zeroRequestCounters(),
    durations: { counts: [], sumSeconds: 0 },
    recorded: {},
    redacted: {},
    heldBack: {},
    questions: {},
    headerChanges: {},
    latency: [-230, 4, 0, 1],
    lag: [-345, 5],
    shadows: {},
    responses: 0,
    queueBytes: 0,
  }
  return snapshot
}

test('one line for the task and one for each experiment, as CloudWatch asks for', () => {
  const [task, experiment, ...others] = emfLines(null, counted(), 'shadowmeter/prod', AT).map(parsed)

  expect(others).toEqual([])
  expect(task).toMatchObject({
    Deployment: 'shadowmeter/prod',
    ...{ DatagramsReceived: 10, DatagramsRefused: 2, KernelOverflow: 3, ConservationViolations: 0 },
  })
  expect(experiment?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['Deployment', 'Experiment']])
  expect(experiment).toMatchObject({
    ...{ Experiment: EXPERIMENT, MirroredBytes: 800, RequestsReceived: 7, RequestsForwarded: 5 },
    ...{ RequestsDropped: 2, ShadowServerErrors: 1, ShadowFailures: 1 },
  })
  expect(experiment?.ShadowLatencyP50).toBeCloseTo(0.00995, 4)
  expect(experiment?.ShadowLatencyP99).toBeCloseTo(0.99, 2)
})

test('what was counted before is not told again; an experiment without traffic says nothing', () => {
  const twice = addSnapshots(counted(), counted())

  const [, experiment] = emfLines(counted(), twice, 'd', AT).map(parsed)
  const silent = emfLines(twice, twice, 'd', AT).map(parsed)

  expect(experiment).toMatchObject({ RequestsReceived: 7, MirroredPackets: 8 })
  expect(silent.length).toBe(1)
  expect(silent[0]).toMatchObject({ DatagramsReceived: 0 })
})
