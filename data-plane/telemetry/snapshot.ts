import { mergeSketches, type Sketch } from '../../contract/sketch.ts'
import { addCounts, addHeldBack } from '../../contract/traffic.ts'
import { type DatagramCounters, type SourceVolume, zeroDatagrams } from '../select/gate.ts'
import { addDurations, type DurationCounts } from './durations.ts'
import { addAll, addRequestCounters, type RequestCounters } from './request-counters.ts'
import { addShadowSnapshots, type ShadowSnapshot } from './shadow-tally.ts'

/** What an experiment's packets and requests have come to, since the gateway started. */
export type ExperimentSnapshot = {
  /** Accepted packets by what became of them. */
  packets: Record<string, number>
  /** By VNI; standalone gateways count every VNI as `any`. */
  sources: Record<string, SourceVolume>
  gapBytes: number
  /** Connections that were open when this gateway stopped following them. */
  cut: number
  /** Payload bytes of TCP by what became of them; `held` waits behind holes, `gap` bytes never came. */
  bytes: Record<string, number>
  /** Packets that the capture had cut. */
  truncated: number
  /** Connections that carry something else than HTTP that can be read, by what it is. */
  protocols: Record<string, number>
  requests: RequestCounters
  /** What a share above 100 % sends beside the requests; the law holds for it apart. */
  copies: RequestCounters
  durations: DurationCounts
  /** Headers left out of or recomputed in forwarded requests, by name. */
  headerChanges: Record<string, number>
  /** Exchanges and bytes of its record, and what was forwarded and is not in it: `missed.size`. Empty without one. */
  recorded: Record<string, number>
  /** What was replaced in requests, by what and where: `email.body`. */
  redacted: Record<string, number>
  /** Copies of requests that other tasks were asked for, by what came of it; empty where there are none. */
  questions: Record<string, number>
  /** Writes, by endpoint. */
  heldBack: Record<string, number>
  /** To the head of the shadow's answer; and from the capture of a request to its sending. */
  latency: Sketch
  lag: Sketch
  /** Per shadow by name, copies of requests included. */
  shadows: Record<string, ShadowSnapshot>
  /** Responses seen on the wire. */
  responses: number
  queueBytes: number
}

/** Everything that one worker has counted, at one moment. Plain data: it crosses threads. */
export type Snapshot = {
  /** Datagrams that were handed over by the socket. */
  received: number
  datagrams: DatagramCounters
  kernelOverflow: number | null
  ringFull: number
  experiments: Record<string, ExperimentSnapshot>
}

export const emptySnapshot = (): Snapshot => ({
  received: 0,
  datagrams: zeroDatagrams(),
  kernelOverflow: 0,
  ringFull: 0,
  experiments: {},
})

/** The sum over workers. */
export const addSnapshots = (a: Snapshot, b: Snapshot): Snapshot => {
  const experiments = { ...a.experiments }
  for (const [id, counted] of Object.entries(b.experiments)) {
    const other = experiments[id]
    experiments[id] = other ? addExperiments(other, counted) : counted
  }
  return {
    received: a.received + b.received,
    datagrams: addAll(a.datagrams, b.datagrams),
    kernelOverflow:
      a.kernelOverflow === null || b.kernelOverflow === null ? null : a.kernelOverflow + b.kernelOverflow,
    ringFull: a.ringFull + b.ringFull,
    experiments,
  }
}

export const addExperiments = (a: ExperimentSnapshot, b: ExperimentSnapshot): ExperimentSnapshot => {
  const sources = { ...a.sources }
  for (const [vni, volume] of Object.entries(b.sources)) {
    const other = sources[vni]
    sources[vni] = other ? addAll(other, volume) : volume
  }
  return {
    packets: addAll(a.packets, b.packets),
    sources,
    gapBytes: a.gapBytes + b.gapBytes,
    cut: a.cut + b.cut,
    bytes: addAll(a.bytes, b.bytes),
    truncated: a.truncated + b.truncated,
    protocols: addCounts(a.protocols, b.protocols) as Record<string, number>,
    requests: addRequestCounters(a.requests, b.requests),
    copies: addRequestCounters(a.copies, b.copies),
    durations: addDurations(a.durations, b.durations),
    headerChanges: addAll(a.headerChanges, b.headerChanges),
    recorded: addAll(a.recorded, b.recorded),
    redacted: addAll(a.redacted, b.redacted),
    questions: addAll(a.questions, b.questions),
    heldBack: addHeldBack(a.heldBack, b.heldBack),
    latency: mergeSketches(a.latency, b.latency),
    lag: mergeSketches(a.lag, b.lag),
    shadows: addShadows(a.shadows, b.shadows),
    responses: a.responses + b.responses,
    queueBytes: a.queueBytes + b.queueBytes,
  }
}

const addShadows = (
  a: ExperimentSnapshot['shadows'],
  b: ExperimentSnapshot['shadows'],
): ExperimentSnapshot['shadows'] => {
  const sum = { ...a }
  for (const [name, counted] of Object.entries(b)) {
    const other = sum[name]
    sum[name] = other ? addShadowSnapshots(other, counted) : counted
  }
  return sum
}

export const totalVolume = (sources: Record<string, SourceVolume>): SourceVolume => {
  const total = { packets: 0, bytes: 0 }
  for (const { packets, bytes } of Object.values(sources)) {
    total.packets += packets
    total.bytes += bytes
  }
  return total
}
