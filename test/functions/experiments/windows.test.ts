import { describe, expect, it } from 'vitest'
import { WindowScheduleSpec } from '../../../contract/window-schedule.ts'
import { checkWindows, dueWindows, windowsAfter } from '../../../functions/experiments/windows.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const schedule = (
  cron: string,
  timeZone = 'UTC',
  more: { seconds?: number; blackoutDates?: string[] } = {},
) =>
  WindowScheduleSpec.parse({
    experiment: experimentSpec({ window: { durationSeconds: more.seconds ?? 3600 } }),
    cron,
    timeZone,
    blackoutDates: more.blackoutDates ?? [],
  })
const from = new Date('2026-11-21T12:00:00Z')
const next = (spec: WindowScheduleSpec, count = 3, after = from) =>
  windowsAfter(spec, after, count).map((at) => at.toISOString().replace(':00.000Z', 'Z'))

describe('windows', () => {
  it.each([
    ['0 14 ? * TUE *', ['2026-11-24T14:00Z', '2026-12-01T14:00Z', '2026-12-08T14:00Z']],
    ['0 9 ? * MON-FRI *', ['2026-11-23T09:00Z', '2026-11-24T09:00Z', '2026-11-25T09:00Z']],
    ['0 0 ? * 2#1 *', ['2026-12-07T00:00Z', '2027-01-04T00:00Z', '2027-02-01T00:00Z']],
    ['0 0 ? * 6L *', ['2026-11-27T00:00Z', '2026-12-25T00:00Z', '2027-01-29T00:00Z']],
    ['0 8 L * ? *', ['2026-11-30T08:00Z', '2026-12-31T08:00Z', '2027-01-31T08:00Z']],
    ['0 0/6 * * ? *', ['2026-11-21T18:00Z', '2026-11-22T00:00Z', '2026-11-22T06:00Z']],
    ['0 12 ? * 1 2027', ['2027-01-03T12:00Z', '2027-01-10T12:00Z', '2027-01-17T12:00Z']],
  ])('%s opens as EventBridge Scheduler would', (cron, expected) => {
    expect(next(schedule(cron))).toEqual(expected)
  })

  it('keeps the time of day where clocks change', () => {
    const berlin = schedule('0 14 * * ? *', 'Europe/Berlin')

    expect(next(berlin, 3, new Date('2027-03-26T20:00:00Z'))).toEqual([
      '2027-03-27T13:00Z',
      '2027-03-28T12:00Z',
      '2027-03-29T12:00Z',
    ])
  })

  it('opens once where clocks skip or repeat its time', () => {
    const night = schedule('30 2 * * ? *', 'Europe/Berlin')

    expect(next(night, 3, new Date('2027-03-26T20:00:00Z'))).toEqual([
      '2027-03-27T01:30Z',
      '2027-03-28T01:00Z',
      '2027-03-29T00:30Z',
    ])
    expect(next(night, 3, new Date('2027-10-29T20:00:00Z'))).toEqual([
      '2027-10-30T00:30Z',
      '2027-10-31T00:30Z',
      '2027-11-01T01:30Z',
    ])
  })

  it('leaves out those that touch a blackout date of its own time zone', () => {
    const late = schedule('0 23 * * ? *', 'America/New_York', {
      seconds: 2 * 3600,
      blackoutDates: ['2026-11-24', '2026-11-27'],
    })

    // 23:00 in New York is 04:00 UTC of the next day; two hours reach into the next date there.
    expect(next(late, 4)).toEqual([
      '2026-11-22T04:00Z',
      '2026-11-23T04:00Z',
      '2026-11-26T04:00Z',
      '2026-11-29T04:00Z',
    ])
  })

  it.each([
    ['0 14 * * TUE', 'UTC', 3600, /5 fields instead of six/],
    ['0 14 * * TUE *', 'UTC', 3600, /must be \?/],
    ['0 14 ? * ? *', 'UTC', 3600, /must be \?/],
    ['61 14 * * ? *', 'UTC', 3600, /61|range|minute/i],
    ['0 14 * * ? 2020', 'UTC', 3600, /No window would ever open/],
    ['0/30 * * * ? *', 'UTC', 3600, /overlap: one of .* lasts 3600 s, and the next begins at/],
    // Both are on the night when clocks go forward, and only then too close.
    ['30 1,3 * * ? *', 'Europe/Berlin', 2 * 3600, /overlap: one of 2027-03-28T00:30/],
  ])('%s is refused with what is wrong', (cron, zone, seconds, message) => {
    expect(() => checkWindows(schedule(cron, zone, { seconds }), from)).toThrow(message)
  })

  it('accepts windows that follow each other without a gap', () => {
    expect(() => checkWindows(schedule('0 * * * ? *'), from)).not.toThrow()
  })

  it('opens what begins soon, skips what was missed, and leaves the rest for later', () => {
    const hourly = schedule('0 * * * ? *', 'UTC', { seconds: 600 })
    const due = dueWindows(hourly, new Date('2026-11-21T08:30:00Z'), {
      now: new Date('2026-11-21T10:55:00Z'),
      aheadMs: 600_000,
      lateMs: 180_000,
    })

    expect(due.map(({ at, missed }) => [at.toISOString().slice(11, 16), missed])).toEqual([
      ['09:00', true],
      ['10:00', true],
      ['11:00', false],
    ])
  })
})

describe('a schedule', () => {
  it.each([
    [{ timeZone: 'Berlin' }, /IANA time zone/],
    [{ blackoutDates: ['24.12.2026'] }, /date/],
    [
      { experiment: experimentSpec({ window: { startAt: '2026-11-21T12:00:00Z', durationSeconds: 60 } }) },
      /the schedule says when/,
    ],
  ])('with %o is refused', (wrong, message) => {
    const read = WindowScheduleSpec.safeParse({
      experiment: experimentSpec(),
      cron: '0 14 ? * TUE *',
      ...wrong,
    })

    expect(read.error?.message).toMatch(message)
  })
})
