import type { Region } from '../../contract/redaction.ts'
import { withDigits } from './card.ts'
import type { Fill } from './fill.ts'

export type NationalId = {
  region: Region
  /** How many characters stand before its first two digits in a row. */
  back: number
  /** Sticky; without repetition that could be taken in two ways. */
  pattern: RegExp
  isValid: (digits: string, text: string) => boolean
  /** Another one of the same shape whose checks hold; out of a range that is given to nobody where there is one. */
  replace: (text: string, fill: Fill) => string
}

const digitsOf = (text: string): string => text.replace(/\D/g, '')

/** ISO/IEC 7064 MOD 11,10. */
const mod1110 = (digits: string): number => {
  let product = 10
  for (const digit of digits) {
    const sum = (Number(digit) + product) % 10 || 10
    product = (sum * 2) % 11
  }
  return (11 - product) % 10
}

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE'

const dniLetter = (digits: string): string => DNI_LETTERS[Number(digits) % 23] as string

/** A NIE’s X, Y, Z count as 0, 1, 2. */
const spanishNumber = (text: string): string => {
  const digits = digitsOf(text)
  const first = 'XYZ'.indexOf(text[0] as string)
  return first < 0 ? digits : `${first}${digits}`
}

const spanish = (text: string, fill: Fill): string => {
  const changed = withDigits(text, fill.digits(digitsOf(text).length))
  return changed.slice(0, -1) + dniLetter(spanishNumber(changed))
}

const nirKey = (thirteen: string): string => String(97 - (Number(thirteen) % 97)).padStart(2, '0')

const cpfDigit = (digits: string): number => {
  let sum = 0
  for (let i = 0; i < digits.length; i++) sum += Number(digits[i]) * (digits.length + 1 - i)
  return ((sum * 10) % 11) % 10
}

const cpf = (nine: string): string => {
  const ten = nine + cpfDigit(nine)
  return ten + cpfDigit(ten)
}

export const NATIONAL_IDS: readonly NationalId[] = [
  {
    region: 'us',
    back: 0,
    pattern: /\d{3}-\d{2}-\d{4}/y,
    isValid: (digits) => /^(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}$/.test(digits),
    // 666 is no area of the Social Security Administration.
    replace: (text, fill) =>
      withDigits(text, `666${1 + fill.next(9)}${fill.digit()}${fill.digits(3)}${1 + fill.next(9)}`),
  },
  {
    region: 'gb',
    back: 2,
    pattern: /[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]/y,
    isValid: () => true,
    // QQ is the prefix of examples.
    replace: (text, fill) => withDigits(`QQ${text.slice(2)}`, fill.digits(6)),
  },
  {
    region: 'gb',
    back: 3,
    pattern: /[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d\d \d\d \d\d [A-D]/y,
    isValid: () => true,
    replace: (text, fill) => withDigits(`QQ${text.slice(2)}`, fill.digits(6)),
  },
  {
    region: 'de',
    back: 0,
    pattern: /[1-9]\d{10}|[1-9]\d \d{3} \d{3} \d{3}/y,
    isValid: (digits) => mod1110(digits.slice(0, 10)) === Number(digits[10]),
    // Numbers for tests begin with 0.
    replace: (text, fill) => {
      const ten = `0${fill.digits(9)}`
      return withDigits(text, ten + mod1110(ten))
    },
  },
  {
    region: 'es',
    back: 0,
    pattern: /\d{8}-?[A-Z]/y,
    isValid: (digits, text) => text.at(-1) === dniLetter(digits),
    replace: spanish,
  },
  {
    region: 'es',
    back: 1,
    pattern: /[XYZ]\d{7}-?[A-Z]/y,
    isValid: (_, text) => text.at(-1) === dniLetter(spanishNumber(text)),
    replace: spanish,
  },
  {
    region: 'es',
    back: 2,
    pattern: /[XYZ]-\d{7}-?[A-Z]/y,
    isValid: (_, text) => text.at(-1) === dniLetter(spanishNumber(text)),
    replace: spanish,
  },
  {
    region: 'fr',
    back: 0,
    pattern: /[12]\d{14}/y,
    isValid: (digits) => nirKey(digits.slice(0, 13)) === digits.slice(13),
    replace: (text, fill) => nir(text, fill),
  },
  {
    region: 'fr',
    back: 2,
    pattern: /[12] \d\d \d\d \d\d \d{3} \d{3} \d\d/y,
    isValid: (digits) => nirKey(digits.slice(0, 13)) === digits.slice(13),
    replace: (text, fill) => nir(text, fill),
  },
  {
    region: 'br',
    back: 0,
    pattern: /\d{11}|\d{3}\.\d{3}\.\d{3}-\d\d/y,
    isValid: (digits) => cpf(digits.slice(0, 9)) === digits && !/^(\d)\1+$/.test(digits),
    replace: (text, fill) => withDigits(text, cpf(fill.digits(9))),
  },
]

const nir = (text: string, fill: Fill): string => {
  // Month 20: unknown.
  const thirteen = `1${fill.digits(2)}20${fill.digits(8)}`
  return withDigits(text, thirteen + nirKey(thirteen))
}
