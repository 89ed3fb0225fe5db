import { withDigits } from './card.ts'
import type { Fill } from './fill.ts'

const DIGITS_MIN = 8
/** ITU-T E.164 section 6. */
const DIGITS_MAX = 15
export const PHONE_LENGTH_MAX = 32

/** `+` and 8 to 15 digits, grouped by spaces, points, hyphens, slashes or brackets: where it ends, or -1. */
export const internationalEnd = (text: string, start: number): number => {
  let digits = 0
  let end = -1
  let gap = 0
  const last = Math.min(text.length, start + PHONE_LENGTH_MAX)
  for (let i = start + 1; i < last; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) {
      digits++
      gap = 0
      end = i + 1
    } else if (!isSeparator(code) || ++gap > 2) break
    if (digits > DIGITS_MAX) return -1
  }
  return digits >= DIGITS_MIN ? end : -1
}

/** Space, brackets, hyphen, point, slash. */
const isSeparator = (code: number): boolean =>
  code === 0x20 || code === 0x28 || code === 0x29 || (code >= 0x2d && code <= 0x2f)

/** (415) 555-2671, 415-555-2671, 415.555.2671: as numbers are written in North America. */
export const NORTH_AMERICAN = /\([2-9]\d\d\) ?[2-9]\d\d-\d{4}|[2-9]\d\d([-.])[2-9]\d\d\1\d{4}/y

/**
 * A number of the same length and grouping that no telephone has. North America's are those set aside for fiction
 * (NPA-555-01XX), others begin with the country code 999, which is assigned to none, or where they have none with 000.
 */
export const replacePhone = (value: string, fill: Fill): string => {
  const digits = value.replace(/\D/g, '')
  const isInternational = value.trimStart().startsWith('+') || digits.startsWith('00')
  const trunk = value.trimStart().startsWith('+') ? '' : digits.startsWith('00') ? '00' : ''
  const national = digits.slice(trunk.length)
  if (isInternational && national.startsWith('1') && national.length === 11)
    return withDigits(value, `${trunk}1${fiction(fill)}`)
  if (!isInternational && /^1?[2-9]\d\d[2-9]\d{6}$/.test(national))
    return withDigits(value, national.slice(0, -10) + fiction(fill))
  const start = isInternational ? '999' : '000'
  return withDigits(value, trunk + start + fill.digits(Math.max(0, national.length - start.length)))
}

const fiction = (fill: Fill): string =>
  `${2 + fill.next(8)}${fill.digit()}${fill.digit()}55501${fill.digits(2)}`
