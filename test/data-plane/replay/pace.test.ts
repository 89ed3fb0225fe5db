import { describe, expect, test } from 'vitest'
import { parsePace, schedule } from '../../../data-plane/replay/pace.ts'
import { parseInstant, sliceOf } from '../../../data-plane/replay/slice.ts'
import { capturedRequest } from '../../support/captured-request.ts'

describe('the pace of a replay', () => {
  test.each([
    ['original', { factor: 1 }],
    ['2x', { factor: 2 }],
    ['0.5x', { factor: 0.5 }],
    ['100/s', { perSecond: 100 }],
    ['0.1/s', { perSecond: 0.1 }],
    ['0x', null],
    ['-1x', null],
    ['2', null],
    ['1e9x', null],
    ['200000/s', null],
    ['', null],
  ])('%j is %j', (text, pace) => {
    const parsed = parsePace(text)

    expect(parsed).toEqual(pace)
  })

  test.each([
    ['its own', { factor: 1 }, [0, 100, 400], 600],
    ['twice as fast', { factor: 2 }, [0, 50, 200], 300],
    ['half as fast', { factor: 0.5 }, [0, 200, 800], 1_200],
    ['a rate', { perSecond: 10 }, [0, 100, 200], 300],
  ])('%s: when each request is due, and the next pass', (_, pace, due, passMs) => {
    const scheduled = schedule(pace, [5_000, 5_100, 5_400])

    expect(scheduled).toEqual({ due, passMs })
  })

  test('a lone request is not repeated without a pause', () => {
    const { passMs } = schedule({ factor: 1 }, [5_000])

    expect(passMs).toBe(1_000)
  })
})

describe('a slice of time', () => {
  const exchanges = [3, 1, 2, 4].map((second) => ({
    request: capturedRequest({ firstAt: Date.parse('2026-11-26T14:00:00Z') + second * 1000 }),
    production: null,
    shadow: null,
  }))
  const times = (from: string | null, to: string | null) =>
    sliceOf(exchanges, from === null ? null : parseInstant(from), to === null ? null : parseInstant(to)).map(
      ({ request }) => new Date(request.firstAt).getUTCSeconds(),
    )

  test('is everything in order when nothing is said', () => {
    expect(times(null, null)).toEqual([1, 2, 3, 4])
  })

  test('begins at a time and ends before another, of the clock or since the first request', () => {
    expect(times('2026-11-26T14:00:02Z', '2026-11-26T15:00:04+01:00')).toEqual([2, 3])
    expect(times('+1s', '+3000ms')).toEqual([2, 3])
    expect(times('+1h', null)).toEqual([])
  })

  test.each(['2026-11-26T14:00:02', 'yesterday', '90s', '+90', '+1d', ''])('%j is no time', (text) => {
    const instant = parseInstant(text)

    expect(instant).toBeNull()
  })
})
