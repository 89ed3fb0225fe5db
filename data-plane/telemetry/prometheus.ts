import type { RequestReason } from '../../contract/traffic.ts'
import type { NeighbourCounts } from '../neighbours/neighbours.ts'
import { violations } from './conservation.ts'
import { DURATION_BOUNDS } from './durations.ts'
import { datagramCounts } from './report.ts'
import { outcomeOf, requestCounts, zeroRequestCounters } from './request-counters.ts'
import { type Snapshot, totalVolume } from './snapshot.ts'

/** What is known about the process beside its packets. */
export type ProcessFacts = {
  revision: number
  draining: boolean
  controlErrors: number
  /** How many other tasks are known, and what is counted of talking with them. */
  neighbours?: { known: number } & NeighbourCounts
  cpuSeconds: number
  residentBytes: number
}

type Labels = Record<string, string>

/** Prometheus text format 0.0.4. Labels are bounded: experiments, outcomes, reasons, never addresses or paths. */
export const prometheusText = (snapshot: Snapshot, facts: ProcessFacts): string => {
  const lines: string[] = []
  const metric = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    samples: readonly (readonly [Labels, number])[],
  ) => {
    if (samples.length === 0) return
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const [labels, value] of samples) lines.push(`${name}${labelText(labels)} ${value}`)
  }
  const experiments = Object.entries(snapshot.experiments)
  const perExperiment = (read: (experiment: Snapshot['experiments'][string]) => number) =>
    experiments.map(([experiment, counted]) => [{ experiment }, read(counted)] as const)

  const { ring_full, kernel_overflow, ...outcomes } = datagramCounts(snapshot)
  metric(
    'shadowmeter_datagrams_total',
    'counter',
    'Datagrams by what became of them.',
    Object.entries(outcomes).map(([outcome, count]) => [{ outcome }, count]),
  )
  if (kernel_overflow !== undefined)
    metric(
      'shadowmeter_kernel_overflow_total',
      'counter',
      'Datagrams the kernel dropped because the socket buffer was full.',
      [[{}, kernel_overflow]],
    )
  metric('shadowmeter_ring_full_total', 'counter', 'Times the receiver found the ring full.', [
    [{}, ring_full ?? 0],
  ])
  metric(
    'shadowmeter_mirrored_packets_total',
    'counter',
    'Accepted mirrored packets.',
    perExperiment(({ sources }) => totalVolume(sources).packets),
  )
  metric(
    'shadowmeter_mirrored_bytes_total',
    'counter',
    'Inner bytes of accepted mirrored packets.',
    perExperiment(({ sources }) => totalVolume(sources).bytes),
  )
  metric(
    'shadowmeter_packets_total',
    'counter',
    'Accepted packets by what became of them.',
    experiments.flatMap(([experiment, { packets }]) =>
      Object.entries(packets).map(([kind, count]) => [{ experiment, kind }, count] as const),
    ),
  )
  metric(
    'shadowmeter_gap_bytes_total',
    'counter',
    'Bytes of mirrored connections that never arrived.',
    perExperiment(({ gapBytes }) => gapBytes),
  )
  metric(
    'shadowmeter_requests_total',
    'counter',
    'Requests by outcome and reason.',
    experiments.flatMap(([experiment, { requests, copies }]) => {
      const counts = requestCounts(requests, copies)
      return [
        [{ experiment, outcome: 'forwarded', reason: '' }, counts.forwarded] as const,
        ...Object.entries(counts.reasons).map(
          ([reason, count]) =>
            [{ experiment, outcome: outcomeOf(reason as RequestReason), reason }, count] as const,
        ),
      ]
    }),
  )
  metric(
    'shadowmeter_copies_total',
    'counter',
    'What a share above 100 % sent beside the requests.',
    experiments.flatMap(([experiment, { requests, copies }]) =>
      copies.seen === 0
        ? []
        : Object.entries(requestCounts(requests, copies).copies).map(
            ([outcome, count]) => [{ experiment, outcome }, count] as const,
          ),
    ),
  )
  metric(
    'shadowmeter_shadow_results_total',
    'counter',
    'Forwarded requests by what the shadow did.',
    experiments.flatMap(([experiment, { requests, copies }]) =>
      Object.entries(requestCounts(requests, copies).shadow).map(
        ([result, count]) => [{ experiment, result }, count] as const,
      ),
    ),
  )
  const shadows = experiments.flatMap(([experiment, counted]) =>
    Object.entries(counted.shadows).map(([shadow, snapshot]) => [{ experiment, shadow }, snapshot] as const),
  )
  metric(
    'shadowmeter_shadow_requests_total',
    'counter',
    'What each shadow was offered, copies included, by outcome and reason.',
    shadows.flatMap(([labels, { requests }]) => {
      const { forwarded, reasons } = requestCounts(requests, zeroRequestCounters())
      return [
        [{ ...labels, outcome: 'forwarded', reason: '' }, forwarded] as const,
        ...Object.entries(reasons).map(
          ([reason, count]) =>
            [{ ...labels, outcome: outcomeOf(reason as RequestReason), reason }, count] as const,
        ),
      ]
    }),
  )
  metric(
    'shadowmeter_shadow_answers_total',
    'counter',
    'What each shadow was sent, copies included, by what it did.',
    shadows.flatMap(([labels, { requests }]) =>
      Object.entries(requestCounts(requests, zeroRequestCounters()).shadow).map(
        ([result, count]) => [{ ...labels, result }, count] as const,
      ),
    ),
  )
  metric(
    'shadowmeter_breaker_opened_total',
    'counter',
    'How often sending to a shadow was stopped because it failed.',
    shadows.map(([labels, { breakerOpened }]) => [labels, breakerOpened]),
  )
  metric(
    'shadowmeter_breakers_open',
    'gauge',
    'Workers that do not send to a shadow now because it fails.',
    shadows.map(([labels, { breakersOpen }]) => [labels, breakersOpen]),
  )
  metric(
    'shadowmeter_payload_bytes_total',
    'counter',
    'TCP payload bytes by what became of them.',
    experiments.flatMap(([experiment, { bytes }]) =>
      Object.entries(bytes).flatMap(([outcome, count]) =>
        outcome === 'received' || outcome === 'held' || outcome === 'gap'
          ? []
          : [[{ experiment, outcome }, count] as const],
      ),
    ),
  )
  metric(
    'shadowmeter_conservation_violations',
    'gauge',
    'Equations between the counts that do not hold: 0, or a defect.',
    [[{}, violations(snapshot).length]],
  )
  metric(
    'shadowmeter_headers_recomputed_total',
    'counter',
    'Headers left out of or recomputed in forwarded requests.',
    experiments.flatMap(([experiment, { headerChanges }]) =>
      Object.entries(headerChanges).map(([header, count]) => [{ experiment, header }, count] as const),
    ),
  )
  metric(
    'shadowmeter_redacted_total',
    'counter',
    'Values replaced in requests, by kind or rule and by where they stood.',
    experiments.flatMap(([experiment, { redacted }]) =>
      Object.entries(redacted).map(([name, count]) => {
        const dot = name.lastIndexOf('.')
        return [{ experiment, what: name.slice(0, dot), place: name.slice(dot + 1) }, count] as const
      }),
    ),
  )
  metric(
    'shadowmeter_recorded_total',
    'counter',
    'Exchanges and bytes written into the record, and forwarded requests that are not in it, by why.',
    experiments.flatMap(([experiment, { recorded }]) =>
      Object.entries(recorded).map(([what, count]) => [{ experiment, what }, count] as const),
    ),
  )
  metric(
    'shadowmeter_hop_questions_total',
    'counter',
    'Copies of requests that other tasks were asked for, by what came of it.',
    experiments.flatMap(
      ([
        experiment,
        {
          questions: { waiting: _, ...questions },
        },
      ]) => Object.entries(questions).map(([outcome, count]) => [{ experiment, outcome }, count] as const),
    ),
  )
  if (facts.neighbours) {
    const { known, asked, given, returned, ...datagrams } = facts.neighbours
    metric('shadowmeter_neighbours', 'gauge', 'Other gateway tasks that this one knows.', [[{}, known]])
    metric(
      'shadowmeter_neighbour_datagrams_total',
      'counter',
      'Datagrams to and from other tasks by what became of them.',
      Object.entries(datagrams).map(([outcome, count]) => [{ outcome }, count]),
    )
    metric(
      'shadowmeter_neighbour_questions_total',
      'counter',
      'Copies that other tasks asked for, that were given to them, and that they gave back.',
      Object.entries({ asked, given, returned }).map(([what, count]) => [{ what }, count]),
    )
  }
  metric(
    'shadowmeter_requests_waiting',
    'gauge',
    'Requests that wait for a connection to the shadow, or for what other tasks know of them.',
    perExperiment(({ requests }) => requests.waiting),
  )
  metric(
    'shadowmeter_requests_in_flight',
    'gauge',
    'Forwarded requests without an answer yet.',
    perExperiment(({ requests }) => requests.inFlight),
  )
  if (experiments.length > 0) {
    const name = 'shadowmeter_forward_duration_seconds'
    lines.push(`# HELP ${name} Time to the head of the shadow's answer.`, `# TYPE ${name} histogram`)
    for (const [experiment, { durations }] of experiments) {
      let below = 0
      for (const [bucket, count] of durations.counts.entries()) {
        below += count
        const le = String(DURATION_BOUNDS[bucket] ?? '+Inf')
        lines.push(`${name}_bucket${labelText({ experiment, le })} ${below}`)
      }
      lines.push(`${name}_sum${labelText({ experiment })} ${durations.sumSeconds}`)
      lines.push(`${name}_count${labelText({ experiment })} ${below}`)
    }
  }
  metric('shadowmeter_config_revision', 'gauge', 'Configuration revision that runs; -1 before the first.', [
    [{}, facts.revision],
  ])
  metric('shadowmeter_draining', 'gauge', '1 while the task is being stopped.', [
    [{}, facts.draining ? 1 : 0],
  ])
  metric('shadowmeter_control_errors_total', 'counter', 'Failed reads and writes of the control table.', [
    [{}, facts.controlErrors],
  ])
  metric('process_cpu_seconds_total', 'counter', 'CPU time of the process.', [[{}, facts.cpuSeconds]])
  metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', [[{}, facts.residentBytes]])
  return `${lines.join('\n')}\n`
}

const labelText = (labels: Labels): string => {
  const pairs = Object.entries(labels).filter(([, value]) => value !== '')
  if (pairs.length === 0) return ''
  return `{${pairs.map(([name, value]) => `${name}="${value.replace(/["\\\n]/g, '\\$&')}"`).join(',')}}`
}
