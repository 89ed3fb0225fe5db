import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AbortRule, type AbortRule as Rule } from '../../../contract/abort.ts'
import { bucketOf } from '../../../contract/sketch.ts'
import { zeroRequests } from '../../../contract/traffic.ts'
import { harmOf, judge, keepSamples, type Sample, sampleOf } from '../../../functions/experiments/abort.ts'

const START = Date.parse('2026-11-21T12:00:00.000Z')
const sample = (seconds: number, more: Partial<Sample> = {}): Sample => ({
  at: new Date(START + seconds * 1000).toISOString(),
  received: 0,
  lost: 0,
  forwarded: 0,
  failed: 0,
  latency: [],
  lag: [],
  ...more,
})
const rule = (more: { watch: Rule['watch']; above: number } & Record<string, unknown>): Rule =>
  AbortRule.parse(more)
const errors = rule({ watch: 'shadow-errors', above: 50, overSeconds: 60, samples: 100 })

describe('an abort rule', () => {
  it('is broken when its share is passed within its window, whatever went well before', () => {
    const samples = [
      sample(0, { forwarded: 0 }),
      sample(600, { forwarded: 10_000 }),
      sample(660, { forwarded: 10_200, failed: 150 }),
    ]

    const [health] = judge([errors], samples, new Map())

    expect(health).toEqual({ rule: errors, state: 'broken', value: 75, samples: 200 })
  })

  it('is fine at its threshold, and above only past it', () => {
    const samples = (failed: number) => [sample(0), sample(60, { forwarded: 200, failed })]

    expect(judge([errors], samples(100), new Map())[0]?.state).toBe('fine')
    expect(judge([errors], samples(101), new Map())[0]?.state).toBe('broken')
  })

  it.each([
    ['nothing was looked at yet', []],
    ['its window is not over yet', [sample(0), sample(59, { forwarded: 500, failed: 500 })]],
    ['there are too few requests', [sample(0), sample(60, { forwarded: 99, failed: 99 })]],
  ])('is unknown, never fine, while %s', (_, samples) => {
    const [health] = judge([errors], samples, new Map())

    expect(health).toMatchObject({ state: 'unknown', value: null })
    expect(harmOf(health ? [health] : [])).toBeNull()
  })

  it('takes a percentile over what came within its window', () => {
    const slow = rule({ watch: 'shadow-p99', above: 800, overSeconds: 60, samples: 100 })
    const [fast, late] = [bucketOf(0.01), bucketOf(1)]
    const samples = [
      sample(0, { latency: [fast, 100_000] }),
      sample(60, { latency: [fast, 100_100, late, 20] }),
    ]

    const [health] = judge([slow], samples, new Map())

    expect(health).toMatchObject({ state: 'broken', samples: 120 })
    expect(health?.value).toBeCloseTo(1000, -2)
  })

  it('says what it saw, in numbers', () => {
    const health = judge([errors], [sample(0), sample(60, { forwarded: 300, failed: 219 })], new Map())

    expect(harmOf(health)).toBe(
      'The shadow fails more than 50 % of the forwarded requests over 1 min: it was 73 %, 300 requests.',
    )
  })

  it('of CloudWatch is unknown while CloudWatch says nothing', () => {
    const cpu = rule({ watch: 'production-cpu', above: 90 })

    expect(judge([cpu], [], new Map())[0]?.state).toBe('unknown')
    expect(judge([cpu], [], new Map([[0, null]]))[0]?.state).toBe('unknown')
    expect(judge([cpu], [], new Map([[0, { value: 91, samples: 1 }]]))[0]?.state).toBe('broken')
  })
})

it('counts what the shadow failed, and what the gateways lost', () => {
  const requests = {
    ...zeroRequests(),
    received: 30,
    forwarded: 20,
    incomplete: 4,
    dropped: 3,
    sampled_out: 3,
    shadow: { answered_2xx: 10, answered_5xx: 1, failed_connect: 2, failed_timeout: 3, failed_reset: 4 },
  }

  expect(sampleOf('2026-11-21T12:00:00.000Z', requests, { latency: [], lag: [] })).toMatchObject({
    lost: 7,
    failed: 10,
  })
})

it('keeps few samples however long it watches, and windows at most a tenth too long', () => {
  const ticks = fc.array(fc.integer({ min: 5, max: 60 }), { minLength: 1, maxLength: 400 })
  const windows = fc.array(fc.integer({ min: 30, max: 3600 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(ticks, windows, (gaps, lengths) => {
      const rules = lengths.map((overSeconds) => rule({ watch: 'gateway-losses', above: 1, overSeconds }))
      let samples: Sample[] = []
      let seconds = 0
      for (const gap of gaps) {
        seconds += gap
        samples = keepSamples(samples, sample(seconds), rules)
      }

      expect(samples.length).toBeLessThan(100)
      for (const overSeconds of lengths) {
        if (seconds - (gaps[0] ?? 0) < overSeconds) continue
        const begin = samples.findLast(({ at }) => Date.parse(at) <= START + (seconds - overSeconds) * 1000)
        const actual = seconds - (Date.parse(begin?.at ?? '') - START) / 1000
        expect(actual).toBeLessThanOrEqual(overSeconds * 1.12 + 60)
      }
    }),
  )
})
