export type LocalTime = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

/**
 * The moment at which clocks of an IANA time zone show this, undefined for a date or zone that does not exist. A time
 * skipped by daylight saving is taken with the offset before the change, one that occurs twice is the first.
 */
export function localToUtc(local: LocalTime, timezone: string): number | undefined {
  const { year, month, day, hour, minute, second } = local
  const shown = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(shown)
  if (
    date.getUTCDate() !== day ||
    date.getUTCMonth() !== month - 1 ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  ) {
    return undefined
  }
  if (!isTimezone(timezone)) return undefined
  const before = shown - offsetAt(shown - 86_400_000, timezone)
  const after = shown - offsetAt(shown + 86_400_000, timezone)
  const fits = [before, after].filter((moment) => moment + offsetAt(moment, timezone) === shown)
  return fits.length > 0 ? Math.min(...fits) : before
}

export function isTimezone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: timezone })
    return true
  } catch {
    return false
  }
}

/** Milliseconds by which clocks of the zone are ahead of UTC at a moment. */
function offsetAt(moment: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(moment)
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  const shown = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  )
  return shown - Math.floor(moment / 1000) * 1000
}
