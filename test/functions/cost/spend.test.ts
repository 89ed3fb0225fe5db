import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LedgerLine } from '../../../contract/ledger.ts'
import { addUsd, COST_LINES, owed, Spend, sumLines, toMicros } from '../../../contract/money.ts'
import { addControl } from '../../../functions/cost/control.ts'
import { sessionHours } from '../../../functions/cost/hours.ts'
import { flowNlcuHours, ledgerLines, meterSpend, spendOf } from '../../../functions/cost/spend.ts'
import type { Usage } from '../../../functions/cost/usage.ts'
import { anyUsage, at, iso, nothing, prices } from './usages.ts'

const lineOf = (usage: Usage, item: RegExp, seconds: number) =>
  ledgerLines(usage, prices, at(seconds)).find((line) => item.test(line.item))!

describe('begun session-hours', () => {
  it.each([
    [0, 1],
    [1, 1],
    [3599, 1],
    [3600, 1],
    [3600.001, 2],
    [7201, 3],
  ])('%d seconds owe %d', (seconds, hours) => {
    expect(sessionHours({ createdAt: iso(0), deletedAt: null }, at(seconds))).toBe(hours)
    expect(sessionHours({ createdAt: iso(0), deletedAt: iso(seconds) }, at(1e6))).toBe(hours)
  })

  it('are owed from the first moment, even when the clocks disagree', () => {
    expect(sessionHours({ createdAt: iso(5), deletedAt: null }, at(0))).toBe(1)
  })
})

describe('spend', () => {
  it('of one hour of two ENIs, one task and 10 GB is what the price list says', () => {
    const session = { createdAt: iso(0), deletedAt: iso(3600) }
    const usage: Usage = {
      ...nothing,
      sessions: [session, session],
      volume: { packets: 10_000_000, bytes: 9_500_000_000 },
      tasks: [{ seconds: 3600, running: false }],
      crossAzShare: 0.5,
      standingSeconds: 3600,
    }

    const spend = meterSpend(usage, prices, at(5000))

    expect(spend.lines['mirror-sessions']).toBeCloseTo(0.03, 12)
    expect(spend.lines.nlcu).toBeCloseTo(0.06, 12)
    expect(spend.lines.fargate).toBeCloseTo(0.03238 + 2 * 0.00356, 12)
    expect(spend.lines['cross-az']).toBeCloseTo(0.1, 12)
    expect(spend.lines['control-plane']).toBe(0)
    expect(spend.totalUsd).toBeCloseTo(0.2295, 12)
    expect(spend.standingUsd).toBeCloseTo(0.0225, 12)
    expect(spend.basis).toBe('metered')
  })

  it('charges a gateway task for a minute at least', () => {
    const line = lineOf({ ...nothing, tasks: [{ seconds: 1, running: true }] }, /vCPU/, 1)

    expect(line.quantity).toBeCloseTo(60 / 3600, 12)
  })

  it('has what is recorded for as long as it is kept, from the first packet on', () => {
    const recording = { megabytes: 3_000, days: 60 }
    const before: Usage = { ...nothing, recording, tasks: [{ seconds: 600, running: true }] }
    const usage: Usage = { ...before, volume: { packets: 1, bytes: 100 } }

    const lines = ledgerLines(usage, prices, at(600)).filter(({ item }) => item.includes('of records'))

    expect(lines.map(({ quantity, usd }) => [quantity, usd])).toEqual([
      [6, 0.138],
      [2021, 0.010105],
      [2021, 0.006063],
    ])
    expect(ledgerLines(before, prices, at(600)).some(({ item }) => item.includes('of records'))).toBe(false)
  })

  it('counts 50 bytes of outer headers with every mirrored packet', () => {
    const line = lineOf({ ...nothing, volume: { packets: 1_000_000, bytes: 150_000_000 } }, /NLCU/, 1)

    expect(line.quantity).toBeCloseTo(0.2, 12)
  })

  it('takes the flows for the load balancer’s capacity where they need more than the bytes', () => {
    const sessions = Array.from({ length: 390 }, () => ({ createdAt: iso(0), deletedAt: null }))
    const line = lineOf({ ...nothing, sessions, volume: { packets: 1, bytes: 60 } }, /NLCU/, 3600)

    expect(line.item).toContain('flows')
    expect(line.quantity).toBeCloseTo(flowNlcuHours(390), 12)
    expect(line.quantity).toBeGreaterThan(0.99)
  })

  it('multiplies out on every line, and adds up', () => {
    fc.assert(
      fc.property(anyUsage, fc.nat(200_000), (usage, seconds) => {
        const lines = ledgerLines(usage, prices, at(seconds))
        const spend = Spend.parse(meterSpend(usage, prices, at(seconds)))

        for (const line of lines) {
          LedgerLine.parse(line)
          expect(line.usd).toBe(owed(line.quantity, line.price.usd))
          expect(line.usd).toBeGreaterThanOrEqual(0)
        }
        for (const kind of COST_LINES)
          expect(spend.lines[kind]).toBe(
            addUsd(...lines.flatMap(({ line, usd }) => (line === kind ? [usd] : []))),
          )
        expect(spend.totalUsd).toBe(sumLines(spend.lines))
        expect(spendOf(lines)).toEqual(spend)
      }),
    )
  })

  it('never falls as time passes', () => {
    fc.assert(
      fc.property(anyUsage, fc.nat(200_000), fc.nat(100_000), (usage, seconds, more) => {
        const before = meterSpend(usage, prices, at(seconds))
        const after = meterSpend(usage, prices, at(seconds + more))

        for (const kind of COST_LINES) expect(after.lines[kind]).toBeGreaterThanOrEqual(before.lines[kind])
      }),
    )
  })

  it('never falls as traffic and task seconds grow', () => {
    fc.assert(
      fc.property(anyUsage, fc.nat(1e9), fc.nat(1e9), fc.nat(10_000), (usage, packets, bytes, seconds) => {
        const more: Usage = {
          ...usage,
          volume: { packets: usage.volume.packets + packets, bytes: usage.volume.bytes + bytes },
          tasks: usage.tasks.map((task) => ({ ...task, seconds: task.seconds + seconds })),
        }
        const [before, after] = [usage, more].map((one) => meterSpend(one, prices, at(86_400)))

        for (const kind of COST_LINES) expect(after!.lines[kind]).toBeGreaterThanOrEqual(before!.lines[kind])
      }),
    )
  })

  it('of two experiments is the sum of theirs; the load balancer’s capacity, a maximum, at most that', () => {
    fc.assert(
      fc.property(anyUsage, anyUsage, (first, second) => {
        // What each records is bounded by its own spec.
        const a = { ...first, recording: null }
        const b = { ...second, recording: null, crossAzShare: a.crossAzShare }
        const both: Usage = {
          ...a,
          sessions: [...a.sessions, ...b.sessions],
          volume: {
            packets: a.volume.packets + b.volume.packets,
            bytes: a.volume.bytes + b.volume.bytes,
          },
          tasks: [...a.tasks, ...b.tasks],
          control: addControl(a.control, b.control),
          standingSeconds: a.standingSeconds + b.standingSeconds,
        }
        const [one, other, sum] = [a, b, both].map((usage) => meterSpend(usage, prices, at(90_000)))

        for (const kind of COST_LINES) {
          const expected = toMicros(one!.lines[kind]) + toMicros(other!.lines[kind])
          const found = toMicros(sum!.lines[kind])
          // Sums of doubles err, and each ledger line is rounded up by itself: a micro-dollar each.
          const rounded = ledgerLines(both, prices, at(90_000)).filter(({ line }) => line === kind).length
          if (kind === 'nlcu' && (a.volume.packets === 0 || b.volume.packets === 0)) continue
          expect(found - expected).toBeLessThanOrEqual(rounded)
          if (kind !== 'nlcu') expect(expected - found).toBeLessThanOrEqual(rounded)
        }
      }),
    )
  })
})
