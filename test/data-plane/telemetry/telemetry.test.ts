import { describe, expect, test } from 'vitest'
import { GatewayReport } from '../../../contract/gateway-report.ts'
import { REQUEST_REASONS, RequestCounts } from '../../../contract/traffic.ts'
import { violations } from '../../../data-plane/telemetry/conservation.ts'
import { countDuration, DURATION_BOUNDS, zeroDurations } from '../../../data-plane/telemetry/durations.ts'
import { errorText, jsonLog } from '../../../data-plane/telemetry/log.ts'
import { prometheusText } from '../../../data-plane/telemetry/prometheus.ts'
import { buildReport } from '../../../data-plane/telemetry/report.ts'
import { requestCounts, zeroRequestCounters } from '../../../data-plane/telemetry/request-counters.ts'
import { addSnapshots, emptySnapshot, type Snapshot } from '../../../data-plane/telemetry/snapshot.ts'

const EXPERIMENT = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'

/** Ten datagrams, eight of them packets with seven requests. */
const counted = (): Snapshot => {
  const snapshot = emptySnapshot()
  snapshot.received = 10
  snapshot.datagrams.accepted = 8
  snapshot.datagrams.wrong_source = 2
  snapshot.kernelOverflow = 3
  const requests = zeroRequestCounters()
  requests.seen = 7
  requests.waiting = 1
  requests.forwarded = 4
  requests.inFlight = 1
  requests.shadow.answered_2xx = 2
  requests.shadow.failed_connect = 1
  requests.refused['incomplete.gap'] = 2
  const durations = zeroDurations()
  countDuration(durations, 0.004)
  countDuration(durations, 0.2)
  countDuration(durations, 100)
  snapshot.experiments[EXPERIMENT] = {
    packets: { 'tcp.data': 6, 'tcp.control': 1, udp: 1, malformed: 0 },
    sources: { 7: { packets: 5, bytes: 500 }, 9: { packets: 3, bytes: 300 } },
    gapBytes: 40,
    cut: 0,
    bytes: { received: 900, delivered: 700, duplicate: 150, ignored: 0, gap: 40, held: 50 },
    truncated: 3,
    protocols: { tls: 2 },
    requests,
    copies: zeroRequestCounters(),
    durations,
    recorded: {},
    redacted: {},
    heldBack: {},
    questions: { waiting: 1, elsewhere: 5, here: 2, unanswered: 3, unasked: 0, late: 1 },
    headerChanges: { connection: 2 },
    latency: [-275, 1, -79, 1, 230, 1],
    lag: [-300, 4],
    shadows: {},
    responses: 3,
    queueBytes: 0,
  }
  return snapshot
}

type Counted = NonNullable<Snapshot['experiments'][string]>

const about = { task: 'task-1', revision: 4, draining: false }

const facts = { revision: 4, draining: false, controlErrors: 2, cpuSeconds: 1.5, residentBytes: 1e8 }

describe('the conservation law', () => {
  test('holds for what was counted, and for the sum of two workers', () => {
    expect(violations(counted())).toEqual([])
    expect(violations(addSnapshots(counted(), counted()))).toEqual([])
  })

  test.each<[string, (snapshot: Snapshot, experiment: Counted) => void]>([
    ['a datagram without an outcome', (snapshot) => snapshot.received++],
    [
      'a packet without an experiment',
      (snapshot) => {
        snapshot.datagrams.accepted++
        snapshot.received++
      },
    ],
    ['a byte that became nothing', (_, { bytes }) => (bytes.received = 901)],
    ['a packet that became nothing', (_, experiment) => delete experiment.packets.udp],
    ['a request without an outcome', (_, { requests }) => requests.seen++],
    ['a forwarded request without a result', (_, { requests }) => requests.inFlight--],
  ])('names %s', (_what, spoil) => {
    const snapshot = counted()
    spoil(snapshot, snapshot.experiments[EXPERIMENT] as Counted)

    expect(violations(snapshot).length).toBe(1)
  })
})

describe('the report', () => {
  const report = buildReport(counted(), {
    task: 'task-1',
    startedAt: new Date('2026-11-21T14:00:00Z'),
    at: new Date('2026-11-21T14:05:00Z'),
    revision: 4,
    draining: false,
    neighbourPort: 8081,
  })

  test('is what the contract asks for', () => {
    expect(GatewayReport.parse(report)).toEqual(report)
    expect(report.experiments[EXPERIMENT]).toMatchObject({
      volume: { packets: 8, bytes: 800 },
      gapBytes: 40,
      cut: 0,
      packets: { 'tcp.data': 6, 'tcp.control': 1, udp: 1 },
      sources: { 7: { packets: 5, bytes: 500 } },
    })
    expect(report.datagrams).toMatchObject({ accepted: 8, wrong_source: 2, kernel_overflow: 3, ring_full: 0 })
  })

  test('of a task that has run two hundred experiments they fit into an item of the table', () => {
    const snapshot = counted()
    const sketch = Array.from({ length: 1_100 }, (_, bucket) => [bucket - 690, 123_456_789]).flat()
    const [one] = Object.values(snapshot.experiments) as [Counted]
    const ids = Array.from({ length: 200 }, (_, i) => EXPERIMENT.replace(/.{3}$/, String(100 + i)))
    snapshot.experiments = Object.fromEntries(ids.map((id) => [id, { ...one, latency: sketch, lag: sketch }]))

    const { experiments } = buildReport(snapshot, { ...about, startedAt: new Date(0), at: new Date(0) })

    expect(JSON.stringify(experiments).length).toBeLessThan(400_000)
    expect(Object.keys(experiments)).toEqual(ids)
    expect(experiments[ids[199] as string]?.latency).toEqual(sketch)
    expect(experiments[ids[0] as string]).not.toHaveProperty('latency')
  })

  test('received is the sum of the six outcomes; what waits is not in it yet', () => {
    const counts = RequestCounts.parse(report.experiments[EXPERIMENT]?.requests)

    expect(counts).toMatchObject({ received: 6, forwarded: 4, incomplete: 2, dropped: 0 })
    expect(counts.reasons).toEqual({ 'incomplete.gap': 2 })
    expect(counts.shadow).toEqual({ answered_2xx: 2, failed_connect: 1 })
  })

  test('every reason counts towards its outcome', () => {
    const counters = zeroRequestCounters()
    for (const reason of REQUEST_REASONS) counters.refused[reason] = 1

    const { received, sampled_out, filtered, held_back, incomplete, dropped } = requestCounts(
      counters,
      zeroRequestCounters(),
    )

    expect(received).toBe(REQUEST_REASONS.length)
    expect(sampled_out + filtered + held_back + incomplete + dropped).toBe(received)
  })

  test('a kernel that cannot be asked is left out, not zero', () => {
    const snapshot = { ...counted(), kernelOverflow: null }

    const { datagrams } = buildReport(snapshot, { ...report, startedAt: new Date(0), at: new Date(0) })

    expect(datagrams).not.toHaveProperty('kernel_overflow')
  })
})

describe('Prometheus text', () => {
  const text = prometheusText(counted(), facts)

  test('has every counter once, with bounded labels', () => {
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

    expect(new Set(samples.map((line) => line.slice(0, line.lastIndexOf(' ')))).size).toBe(samples.length)
    for (const line of samples) expect(line).toMatch(/^[a-z_]+(\{([a-z]+="[^"\n]*",?)+\})? -?[\d.e+]+$/)
    expect(text).toContain('shadowmeter_datagrams_total{outcome="wrong_source"} 2')
    expect(text).toContain('shadowmeter_kernel_overflow_total 3')
    expect(text).toContain(
      `shadowmeter_requests_total{experiment="${EXPERIMENT}",outcome="incomplete",reason="incomplete.gap"} 2`,
    )
    expect(text).toContain(
      `shadowmeter_shadow_results_total{experiment="${EXPERIMENT}",result="failed_connect"} 1`,
    )
    expect(text).toContain('shadowmeter_config_revision 4')
    expect(text).toContain(
      `shadowmeter_hop_questions_total{experiment="${EXPERIMENT}",outcome="elsewhere"} 5`,
    )
    expect(text).not.toContain('shadowmeter_neighbour')
  })

  test('of a task that knows others tells what they said to each other', () => {
    const counts = { sent: 9, unsent: 0, accepted: 7, malformed: 0, unknown: 0, forged: 2, repeated: 0 }
    const neighbours = { known: 2, ...counts, asked: 6, given: 4, returned: 1 }

    const told = prometheusText(counted(), { ...facts, neighbours })

    expect(told).toContain('shadowmeter_neighbours 2')
    expect(told).toContain('shadowmeter_neighbour_datagrams_total{outcome="forged"} 2')
    expect(told).toContain('shadowmeter_neighbour_questions_total{what="given"} 4')
  })

  test('durations are cumulative by bound', () => {
    const buckets = [...text.matchAll(/_bucket\{experiment="[^"]+",le="([^"]+)"\} (\d+)/g)].map(
      ([, le, count]) => [le, Number(count)] as const,
    )

    expect(buckets.map(([le]) => le)).toEqual([...DURATION_BOUNDS.map(String), '+Inf'])
    expect(buckets.map(([, count]) => count)).toEqual([0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3])
  })

  test('before anything was received there is something to scrape', () => {
    expect(prometheusText(emptySnapshot(), facts)).toContain(
      'shadowmeter_datagrams_total{outcome="accepted"} 0',
    )
  })
})

test('the log is one JSON object per line; errors give message, code and cause', () => {
  const lines: string[] = []
  const log = jsonLog(
    (line) => lines.push(line),
    () => new Date('2026-11-21T14:00:00Z'),
  )
  const cause = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' })

  log('warn', 'report not written', { error: errorText(new Error('no answer', { cause })) })

  expect(lines).toEqual([
    '{"at":"2026-11-21T14:00:00.000Z","level":"warn","event":"report not written",' +
      '"error":"no answer: connect failed (ECONNREFUSED)"}\n',
  ])
})
