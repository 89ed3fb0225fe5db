import { expect, test } from 'vitest'
import type { MeterPoint } from '../../contract/meter.ts'
import { zeroLines } from '../../contract/money.ts'
import { zeroRequests } from '../../contract/traffic.ts'
import {
  dollarsPerGigabyte,
  lossRates,
  rates,
  requestRates,
  spendByLine,
  thin,
} from '../../web/src/experiment/series.ts'

const point = (second: number, part: Partial<MeterPoint> = {}): MeterPoint => ({
  at: new Date(Date.UTC(2026, 10, 21, 14, 0, second)).toISOString(),
  spend: { basis: 'metered', totalUsd: 0, lines: zeroLines(), standingUsd: 0 },
  forecastUsd: 0,
  volume: { packets: 0, bytes: 0 },
  requests: zeroRequests(),
  sessions: 1,
  gateways: 1,
  ...part,
})
const received = (second: number, forwarded: number, gaps: number) =>
  point(second, {
    requests: {
      ...zeroRequests(),
      received: forwarded + gaps,
      forwarded,
      incomplete: gaps,
      reasons: { 'incomplete.gap': gaps, 'filtered.health_check': 0 },
    },
  })

test('thinning keeps the first and the last point and the order', () => {
  const points = Array.from({ length: 1001 }, (_, index) => index)

  const few = thin(points, 240)

  expect(few).toHaveLength(240)
  expect([few[0], few.at(-1)]).toEqual([0, 1000])
  expect(few).toEqual([...new Set(few)].sort((a, b) => a - b))
  expect(thin([1, 2], 240)).toEqual([1, 2])
})

test('rates are what was added, over the time it took', () => {
  const points = [received(0, 0, 0), received(5, 100, 0), received(15, 100, 20)]

  const forwarded = rates(points, ({ requests }) => requests.forwarded)

  expect(forwarded.map(({ y }) => y)).toEqual([20, 0])
  expect(lossRates(points)).toMatchObject([{ reason: 'incomplete.gap', data: [{ y: 0 }, { y: 2 }] }])
  expect(requestRates(points).map(({ outcome }) => outcome)).toEqual(['forwarded', 'incomplete'])
})

test('a total that falls back, and a point at the same time, draw nothing below zero', () => {
  const points = [received(0, 100, 0), received(5, 40, 0), received(5, 50, 0), received(10, 60, 0)]

  const forwarded = rates(points, ({ requests }) => requests.forwarded)

  expect(forwarded.map(({ y }) => y)).toEqual([0, 2])
})

test('there is no $ per GB before the first byte, and no cost line that cost nothing', () => {
  const spend = {
    basis: 'metered' as const,
    totalUsd: 0.03,
    lines: { ...zeroLines(), 'mirror-sessions': 0.03 },
    standingUsd: 0,
  }
  const points = [point(0, { spend }), point(5, { spend, volume: { packets: 9, bytes: 500_000_000 } })]

  expect(dollarsPerGigabyte(points).map(({ y }) => y)).toEqual([0.06])
  expect(spendByLine(points).map(({ line }) => line)).toEqual(['mirror-sessions'])
})
