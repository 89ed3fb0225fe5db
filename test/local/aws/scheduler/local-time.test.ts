import { expect, test } from 'vitest'
import { localToUtc } from '../../../../local/aws/scheduler/local-time.ts'

const at = (text: string, timezone: string) => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/\D/).map(Number)
  const moment = localToUtc({ year, month, day, hour, minute, second }, timezone)
  return moment === undefined ? undefined : new Date(moment).toISOString()
}

test.each([
  ['2026-07-01T12:00:00', 'UTC', '2026-07-01T12:00:00.000Z'],
  ['2026-07-01T12:00:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
  ['2026-01-01T12:00:00', 'Europe/Berlin', '2026-01-01T11:00:00.000Z'],
  ['2026-01-01T00:15:30', 'Asia/Kathmandu', '2025-12-31T18:30:30.000Z'],
  ['2028-02-29T23:59:59', 'America/Los_Angeles', '2028-03-01T07:59:59.000Z'],
])('%s in %s is %s', (text, timezone, utc) => {
  expect(at(text, timezone)).toBe(utc)
})

test('a time that occurs twice is the first, one that is skipped is taken as before the change', () => {
  expect(at('2026-10-25T02:30:00', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z')
  expect(at('2026-03-29T02:30:00', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z')
})

test('dates, times and zones that do not exist have no moment', () => {
  expect(at('2026-02-29T00:00:00', 'UTC')).toBeUndefined()
  expect(at('2026-01-01T24:00:00', 'UTC')).toBeUndefined()
  expect(at('2026-01-01T00:00:00', 'Mars/Olympus')).toBeUndefined()
})
