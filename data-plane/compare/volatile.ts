/**
 * Text that differs between any two runs of anything: times of about now, made-up ids, signatures. Two values that differ
 * in nothing else are the same, as far as a comparison can tell; where they were found is counted.
 */

/** Two times that are no further apart were taken at the same event. */
const TIME_TOLERANCE_MS = 5 * 60_000

/** Longer texts are compared as they are. */
const LENGTH_MAX = 4_096

const TIME =
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT/g

const JWT = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi
/** ULIDs and long hexadecimal numbers: trace ids, object ids, digests. */
const ULID = /\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g
const HEX = /\b(?=[0-9a-f]*\d)[0-9a-f]{16,128}\b/gi
/** Random bytes in base 64: signatures, tokens, cursors. Words do not mix cases and digits. */
const TOKEN = /[\w+/-]{22,512}={0,2}/g
const isMixed = (text: string): boolean => /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text)

/** Whether two texts differ in volatile parts only. */
export const differOnlyInVolatile = (a: string, b: string): boolean => {
  if (a.length > LENGTH_MAX || b.length > LENGTH_MAX) return false
  const left = strip(a)
  const right = strip(b)
  if (left.text !== right.text) return false
  return left.times.every(
    (time, index) => Math.abs(time - (right.times[index] as number)) <= TIME_TOLERANCE_MS,
  )
}

/** Whether two numbers are times, in seconds or milliseconds since 1970, of about the same moment as `at`. */
export const areTimes = (a: number, b: number, at: number): boolean => {
  const unit = Math.abs(a) > MILLISECONDS_FROM ? 1 : 1000
  const [left, right] = [a * unit, b * unit]
  return (
    Math.abs(left - at) < DAY_MS &&
    Math.abs(right - at) < DAY_MS &&
    Math.abs(left - right) <= TIME_TOLERANCE_MS
  )
}

const DAY_MS = 86_400_000
/** As seconds it would be the year 5138. */
const MILLISECONDS_FROM = 1e11

/** Whether there is something made up in a text: as the name of a member it says nothing about the structure. */
export const isVolatile = (text: string): boolean =>
  text.length >= 10 && text.length <= LENGTH_MAX && strip(text).text !== text

const strip = (given: string): { text: string; times: number[] } => {
  const times: number[] = []
  const text = given
    .replace(TIME, (time) => {
      const at = Date.parse(time.replace(',', time.includes('GMT') ? ',' : '.'))
      if (Number.isNaN(at)) return time
      times.push(at)
      return '\u0001'
    })
    .replace(JWT, '\0')
    .replace(UUID, '\0')
    .replace(ULID, '\0')
    .replace(HEX, '\0')
    .replace(TOKEN, (text) => (isMixed(text) ? '\0' : text))
  return { text, times }
}
