import { mergeSketches, type Sketch } from '../../contract/sketch.ts'
import { type HeaderChanges, zeroHeaderChanges } from '../forward/prepare.ts'
import { DurationSketch } from './duration-sketch.ts'
import { addDurations, type DurationCounts, zeroDurations } from './durations.ts'
import { addAll, addRequestCounters, type RequestCounters, zeroRequestCounters } from './request-counters.ts'

/**
 * What one shadow has been sent and has answered, since the gateway started. It outlives the forwarder that counts in
 * it, so that a new configuration begins no new count.
 */
export type ShadowTally = {
  readonly requests: RequestCounters
  readonly durations: DurationCounts
  readonly headerChanges: HeaderChanges
  /** From the request's first byte on the connection to the head of its answer. */
  readonly latency: DurationSketch
  /** From the capture of the request's last byte to its first on the connection to the shadow. */
  readonly lag: DurationSketch
  breakerOpened: number
  breakerOpen: boolean
}

export const newShadowTally = (): ShadowTally => ({
  requests: zeroRequestCounters(),
  durations: zeroDurations(),
  headerChanges: zeroHeaderChanges(),
  latency: new DurationSketch(),
  lag: new DurationSketch(),
  breakerOpened: 0,
  breakerOpen: false,
})

/** A tally at one moment, as plain data. */
export type ShadowSnapshot = {
  requests: RequestCounters
  durations: DurationCounts
  headerChanges: Record<string, number>
  latency: Sketch
  lag: Sketch
  breakerOpened: number
  /** Workers whose breaker is not closed now. */
  breakersOpen: number
}

export const shadowSnapshot = (tally: ShadowTally): ShadowSnapshot => ({
  requests: structuredClone(tally.requests),
  durations: structuredClone(tally.durations),
  headerChanges: { ...tally.headerChanges },
  latency: tally.latency.encode(),
  lag: tally.lag.encode(),
  breakerOpened: tally.breakerOpened,
  breakersOpen: tally.breakerOpen ? 1 : 0,
})

export const addShadowSnapshots = (a: ShadowSnapshot, b: ShadowSnapshot): ShadowSnapshot => ({
  requests: addRequestCounters(a.requests, b.requests),
  durations: addDurations(a.durations, b.durations),
  headerChanges: addAll(a.headerChanges, b.headerChanges),
  latency: mergeSketches(a.latency, b.latency),
  lag: mergeSketches(a.lag, b.lag),
  breakerOpened: a.breakerOpened + b.breakerOpened,
  breakersOpen: a.breakersOpen + b.breakersOpen,
})
