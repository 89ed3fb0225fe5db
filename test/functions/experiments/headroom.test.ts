import { expect, test } from 'vitest'
import { headroomOf, type InstanceTraffic, tooLittle } from '../../../functions/experiments/headroom.ts'

const MB = 1e6
const traffic = (inPeak: number, outPeak: number): InstanceTraffic => ({
  in: { average: 0, peak: inPeak },
  out: { average: 0, peak: outPeak },
  packets: null,
  from: new Date(0),
})

test('copies of requests are what comes in, copies of both what goes out as well', () => {
  const requests = headroomOf(traffic(10 * MB, 30 * MB), 'requests', 1e9)
  const both = headroomOf(traffic(10 * MB, 30 * MB), 'both', 1e9)

  expect(requests).toEqual({ peakBps: 320e6, mirroredBps: 80e6, baselineBps: 1e9, share: 0.4 })
  expect(both).toEqual({ peakBps: 320e6, mirroredBps: 320e6, baselineBps: 1e9, share: 0.64 })
})

test('above 70 % of the baseline it is too little, with the numbers', () => {
  const fits = headroomOf(traffic(10 * MB, 30 * MB), 'both', 0.92e9)
  const full = headroomOf(traffic(10 * MB, 30 * MB), 'both', 0.8e9)

  expect(fits && tooLittle('orders-1', fits)).toBeNull()
  expect(full && tooLittle('orders-1', full)).toMatch(
    /^orders-1: .* 320 Mbit\/s, and 320 Mbit\/s of copies are 80 % of its network’s baseline of 800 Mbit\/s/,
  )
})

test('what CloudWatch or EC2 do not say is unknown, not room', () => {
  expect(headroomOf(null, 'both', 1e9)).toBeNull()
  expect(headroomOf(traffic(1, 1), 'both', 0)).toBeNull()
})
