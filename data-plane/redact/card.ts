import type { Fill } from './fill.ts'

/** Brands by the first digits of their numbers, their lengths, and the beginning of the number that they are tested with. */
const BRANDS: readonly { starts: RegExp; lengths: readonly number[]; test: string }[] = [
  { starts: /^4/, lengths: [13, 16, 19], test: '411111' },
  { starts: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16], test: '555555' },
  { starts: /^3[47]/, lengths: [15], test: '378282' },
  { starts: /^(?:6011|65|64[4-9])/, lengths: [16, 17, 18, 19], test: '601111' },
  { starts: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19], test: '353011' },
  { starts: /^3(?:0[0-5]|095|[689])/, lengths: [14, 15, 16, 17, 18, 19], test: '305693' },
  { starts: /^62/, lengths: [16, 17, 18, 19], test: '620000' },
]

/** Luhn's check (ISO/IEC 7812-1 annex B): the sum of a number's digits, every second from the right doubled. */
const luhnSum = (digits: string): number => {
  let sum = 0
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const digit = digits.charCodeAt(i) - 0x30
    sum += double ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit
  }
  return sum
}

export const isCard = (digits: string): boolean =>
  BRANDS.some(({ starts, lengths }) => lengths.includes(digits.length) && starts.test(digits)) &&
  luhnSum(digits) % 10 === 0

/** A number of the same brand, length and separators that passes Luhn's check and begins as test numbers do. */
export const replaceCard = (value: string, fill: Fill): string => {
  const digits = value.replace(/\D/g, '')
  const test = BRANDS.find(({ starts }) => starts.test(digits))?.test ?? '411111'
  const body = (test + fill.digits(Math.max(0, digits.length - 7))).slice(0, Math.max(0, digits.length - 1))
  const check = (10 - (luhnSum(`${body}0`) % 10)) % 10
  return withDigits(value, body + check)
}

/** The same text with other digits in the places of its own. */
export const withDigits = (value: string, digits: string): string => {
  let at = 0
  return value.replace(/\d/g, () => digits[at++] ?? '0')
}
