import type { ExperimentSpec } from '../../contract/experiment.ts'
import type { Plan } from '../../contract/plan.ts'
import type { Counted, FlowTally } from '../experiments/flow-records.ts'
import type { Peak } from '../experiments/gateway-size.ts'
import type { Flow, InstanceTraffic } from '../experiments/headroom.ts'
import type { AssumedPeak } from './peak.ts'

/** The traffic to reckon with: bytes per second of all sources together, as the last 14 days were. */
export type Expected = Readonly<{
  in: Flow
  out: Flow
  /** In the directions that are mirrored, on all ports: never less than the filter takes. */
  mirrored: Flow
  /** Packets per second, in the same directions; null where CloudWatch knows none. */
  packets: Flow | null
  /** What the filter takes of it, as flow logs tell; null where they do not. */
  filtered: Flow | null
  inputs: Plan['inputs']
}>

const NOTHING: Flow = { average: 0, peak: 0 }
const add = (a: Flow, b: Flow): Flow => ({ average: a.average + b.average, peak: a.peak + b.peak })
const times = (flow: Flow, factor: number): Flow => ({
  average: flow.average * factor,
  peak: flow.peak * factor,
})

/**
 * Instances that CloudWatch does not know, or that a sample left out, are taken to be as busy as those it knows. Peaks
 * are added up, though they need not come together. Null where nothing is known.
 */
export const expectedTraffic = (
  instances: readonly string[],
  measured: ReadonlyMap<string, InstanceTraffic>,
  { directions }: ExperimentSpec['traffic'],
  flows: Flows = NO_FLOW_LOGS,
): Expected | null => {
  const known = [...measured.values()].filter((one) => one !== null)
  if (known.length === 0) return null
  const factor = instances.length / known.length
  const received = times(
    known.reduce((sum, one) => add(sum, one.in), NOTHING),
    factor,
  )
  const sent = times(
    known.reduce((sum, one) => add(sum, one.out), NOTHING),
    factor,
  )
  const since = new Date(Math.min(...known.map(({ from }) => from.getTime()))).toISOString()
  const from = (metric: string) =>
    `CloudWatch AWS/EC2 ${metric}, five-minute sums since ${since.slice(0, 16).replace('T', ' ')} UTC, ` +
    `${known.length} of ${instances.length} instance${instances.length === 1 ? '' : 's'}, all ports`
  const input = (what: string, value: number, metric: string) => ({
    what,
    value,
    unit: 'bytes per second' as const,
    from: from(metric),
  })
  const { tally } = flows
  const counted = known.flatMap(({ packets }) => packets ?? [])
  const packets =
    counted.length === 0
      ? null
      : times(
          counted.reduce(
            (sum, one) => add(sum, directions === 'both' ? add(one.in, one.out) : one.in),
            NOTHING,
          ),
          instances.length / counted.length,
        )
  const both = directions === 'both'
  const shares = tally && { ingress: shareOf(tally.ingress), egress: shareOf(tally.egress) }
  return {
    in: received,
    out: sent,
    mirrored: both ? add(received, sent) : received,
    packets,
    filtered: shares && add(times(received, shares.ingress), both ? times(sent, shares.egress) : NOTHING),
    inputs: [
      input('received on average', received.average, 'NetworkIn'),
      input('received at the peak', received.peak, 'NetworkIn'),
      input('sent on average', sent.average, 'NetworkOut'),
      input('sent at the peak', sent.peak, 'NetworkOut'),
      ...(packets
        ? [
            {
              what: 'mirrored at the peak, all ports',
              value: packets.peak,
              unit: 'packets per second' as const,
              from: from(both ? 'NetworkPacketsIn and NetworkPacketsOut' : 'NetworkPacketsIn'),
            },
          ]
        : []),
      ...(shares
        ? [
            share('of what is received, on the mirrored ports', shares.ingress, flows),
            ...(both ? [share('of what is sent, from the mirrored ports', shares.egress, flows)] : []),
          ]
        : []),
    ],
  }
}

export const peakOf = (expected: Expected | null): Peak => ({
  peakBytesPerSecond: expected?.mirrored.peak ?? 0,
  peakPacketsPerSecond: expected?.packets?.peak ?? 0,
})

/** What nothing was recorded of is taken to be mirrored whole. */
const shareOf = ({ bytes, taken }: Counted): number => (bytes === 0 ? 1 : taken / bytes)

const share = (what: string, of: number, { from }: Flows): Plan['inputs'][number] => ({
  what,
  value: 100 * of,
  unit: 'percent',
  from,
})

type Flows = Readonly<{ tally: FlowTally | null; from: string }>
const NO_FLOW_LOGS: Flows = { tally: null, from: '' }

/** What the load balancers in front of the sources count: beside the volume, how many requests there are in it. */
export const groupInputs = ({ name, requests, bytes }: Measured): Plan['inputs'] => {
  const input = (what: string, value: number, unit: Plan['inputs'][number]['unit'], metric: string) => ({
    what,
    value,
    unit,
    from: `CloudWatch AWS/ApplicationELB ${metric}, five-minute sums of up to 14 days`,
  })
  const of = `RequestCount of the target group ${name}`
  const whole = `ProcessedBytes of the load balancer before ${name}, both directions`
  return [
    ...(requests
      ? [
          input(`requests to ${name} on average`, requests.average, 'requests per second', of),
          input(`requests to ${name} at the peak`, requests.peak, 'requests per second', of),
        ]
      : []),
    ...(bytes ? [input(`balanced before ${name} on average`, bytes.average, 'bytes per second', whole)] : []),
  ]
}

/** The rate that the reserve is reckoned with, where it follows from what was measured. */
export const reserveInputs = ({ basis, bytesPerSecond, because }: AssumedPeak): Plan['inputs'] =>
  basis === 'measured'
    ? [{ what: 'reserved for at worst', value: bytesPerSecond, unit: 'bytes per second', from: because }]
    : []

type Measured = Readonly<{ name: string; requests: Flow | null; bytes: Flow | null }>
