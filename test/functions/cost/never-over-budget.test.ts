import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { canAfford } from '../../../functions/cost/budget.ts'
import { boundControl } from '../../../functions/cost/control.ts'
import { estimate, type Undertaking } from '../../../functions/cost/estimate.ts'
import { KILL_GRACE_SECONDS, stopSeconds } from '../../../functions/cost/hours.ts'
import { ledgerLines, OUTER_BYTES_PER_PACKET, spendOf } from '../../../functions/cost/spend.ts'
import type { Usage } from '../../../functions/cost/usage.ts'
import { at, iso, nothing, prices } from './usages.ts'

/** One run as it might go: a share of the assumed peak per tick, how big packets are, how slowly it stops. */
const anyRun = fc.record({
  sources: fc.integer({ min: 1, max: 40 }),
  gbps: fc.constantFrom(0.5, 5, 10, 25, 100),
  /** Of the capacity: the sources’ busiest five minutes, where they were measured. */
  busiest: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  gateways: fc.integer({ min: 1, max: 4 }),
  tickSeconds: fc.constantFrom(5, 60),
  windowSeconds: fc.integer({ min: 20, max: 8_000 }),
  /** Mostly a little more than the first hours, where budgets bite. */
  headroom: fc.oneof(
    fc.double({ min: 0.01, max: 2, noNaN: true }),
    fc.double({ min: 2, max: 50, noNaN: true }),
  ),
  crossAzShare: fc.constantFrom(0, 0.5, 2 / 3, 1),
  reportSeconds: fc.constantFrom(0, 5, 60),
  packetBytes: fc.integer({ min: 35, max: 8500 }),
  rates: fc.oneof(
    fc.constant([1]),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 }),
  ),
  slowness: fc.double({ min: 0, max: 1, noNaN: true }),
  recording: fc.option(
    fc.record({ megabytes: fc.integer({ min: 1, max: 1_000 }), days: fc.constantFrom(7, 60) }),
  ),
  /** The look after which the control plane is dead; most runs never get there. */
  deadAt: fc.option(fc.nat(400)),
})
type Run = typeof anyRun extends fc.Arbitrary<infer T> ? T : never

const budgetUsd = (run: Run): number => 0.015 * run.sources + 0.05 * run.gateways + run.headroom

const METRICS_PER_LOOK = 500

const undertaking = (run: Run): Undertaking => ({
  startAt: at(0),
  endAt: at(run.windowSeconds),
  capacities: Array.from({ length: run.sources }, () => (run.gbps * 1e9) / 8),
  filtered: null,
  expected:
    run.busiest === null ? null : { average: 0, peak: (run.sources * run.busiest * run.gbps * 1e9) / 8 },
  crossAz: { share: run.crossAzShare, because: 'as drawn' },
  gateways: run.gateways,
  gatewaySize: nothing.gatewaySize,
  budgetUsd: budgetUsd(run),
  budgetName: 'its budget',
  tickSeconds: run.tickSeconds,
  lateSeconds: 0,
  leaseSeconds: 3 * run.tickSeconds + 60,
  reportSeconds: run.reportSeconds,
  preparingSeconds: 0,
  metricsPerLook: METRICS_PER_LOOK,
  recording: run.recording,
})

/**
 * Plays the run with traffic up to `fastest`, its budget reckoned with `peak`; answers with what it had cost when
 * everything was gone.
 */
const play = (run: Run, peak: number, fastest = peak): number => {
  const stop = stopSeconds(run.sources)
  /** Outer bytes mirrored by a second. */
  const sums = [0]
  const mirrored = (to: number): number => {
    const whole = Math.floor(to / run.tickSeconds)
    const rate = (tick: number): number => run.rates[tick % run.rates.length]! * fastest
    while (sums.length <= whole) sums.push(sums.at(-1)! + rate(sums.length - 1) * run.tickSeconds)
    return sums[whole]! + rate(whole) * (to - whole * run.tickSeconds)
  }
  const usageAt = (seconds: number, ticks: number, known: number, deletedAt: number | null): Usage => {
    const packets = Math.floor(mirrored(Math.max(0, known)) / (run.packetBytes + OUTER_BYTES_PER_PACKET))
    return {
      ...nothing,
      recording: run.recording,
      sessions: Array.from({ length: run.sources }, () => ({
        createdAt: iso(0),
        deletedAt: deletedAt === null ? null : iso(deletedAt),
      })),
      volume: { packets, bytes: packets * run.packetBytes },
      tasks: Array.from({ length: run.gateways }, () => ({ seconds: Math.max(0, seconds), running: true })),
      crossAzShare: run.crossAzShare,
      control: boundControl({
        ticks,
        sessions: run.sources,
        tasks: run.gateways,
        taskSeconds: Math.max(0, seconds) * run.gateways,
        apiRequests: 0,
        metricsRead: ticks * METRICS_PER_LOOK,
      }),
    }
  }
  const cost = (usage: Usage, gone: number) => spendOf(ledgerLines(usage, prices, at(gone))).totalUsd

  for (let look = 0; ; look++) {
    const now = look * run.tickSeconds
    const known = Math.max(0, now - run.reportSeconds)
    const seen = look === 0 ? nothing : usageAt(known, look, known, null)
    const lease = now + 3 * run.tickSeconds + 60
    const usage = { ...seen, crossAzShare: run.crossAzShare, recording: run.recording }
    const { affordable } = canAfford(usage, prices, budgetUsd(run), {
      now: at(now),
      nextLook: at(now + run.tickSeconds),
      endAt: at(run.windowSeconds),
      packetsUntil: at(lease),
      stopSeconds: stop,
      newSessions: look === 0 ? run.sources : 0,
      tasks: run.gateways,
      metricsPerLook: METRICS_PER_LOOK,
      peakBytesPerSecond: peak,
      knownUntil: at(known),
    })
    if (!affordable && look === 0) return 0
    if (!affordable || now >= run.windowSeconds) {
      const gone = now + run.slowness * stop
      return cost(usageAt(gone, look + 1, gone, gone), gone)
    }
    if (look === run.deadAt) {
      const gone = Math.max(run.windowSeconds, now) + KILL_GRACE_SECONDS + 60 + run.slowness * stop
      return cost(usageAt(gone, look + 1, Math.min(lease, gone), gone), gone)
    }
  }
}

const runs = { numRuns: 150 }
const PATIENCE_MS = 60_000

it(
  'no traffic up to the assumed peak makes an experiment pass its budget',
  () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { peak } = estimate(undertaking(run), prices)
        const usd = play({ ...run, deadAt: null }, peak.bytesPerSecond)

        expect(usd).toBeLessThanOrEqual(budgetUsd(run))
      }),
      runs,
    )
  },
  PATIENCE_MS,
)

it(
  'with a dead control plane it passes the budget by no more than the stated overshoot',
  () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { peak, overshootUsd } = estimate(undertaking(run), prices)
        const usd = play({ ...run, deadAt: run.deadAt ?? 3 }, peak.bytesPerSecond)

        expect(usd).toBeLessThanOrEqual((budgetUsd(run) + overshootUsd) * (1 + 1e-9))
      }),
      runs,
    )
  },
  PATIENCE_MS,
)

it(
  'traffic up to the sources’ capacity passes it by no more than the overshoot, by nothing where capacity is assumed',
  () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { peak, overshootUsd } = estimate(undertaking(run), prices)
        const capacity = (run.sources * run.gbps * 1e9) / 8
        const usd = play({ ...run, deadAt: null }, peak.bytesPerSecond, capacity)

        const beyond = peak.basis === 'capacity' ? 0 : overshootUsd
        expect(usd).toBeLessThanOrEqual((budgetUsd(run) + beyond) * (1 + 1e-9))
      }),
      runs,
    )
  },
  PATIENCE_MS,
)
