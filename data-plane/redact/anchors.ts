import { KEY_BEGINNINGS, KEY_PREFIXES, KEY_REACH } from './cloud-key.ts'
import { DOMAIN_MAX, LOCAL_MAX } from './email.ts'
import { NATIONAL_IDS } from './national-id.ts'
import { PHONE_LENGTH_MAX } from './phone.ts'
import { SCHEME_MAX, WEBHOOK_MAX } from './webhook.ts'

/** A private key in PEM is not longer. */
export const PEM_MAX = 8192
export const USERINFO_MAX = 256
export const ASSIGNED_MAX = 512
export const CARD_DIGITS_MAX = 19
/** What may stand between a word like `password` and the value that is assigned to it. */
export const ASSIGNING_MAX = 6
/** The longest such word. */
const ASSIGNED_WORD_MAX = 'password'.length

const DIGITS = [...'0123456789']
const after = (first: string, seconds: readonly string[]): string[] => seconds.map((second) => first + second)

type Anchor = {
  /** Null for digits: they are read by `digitsEnd`, in a fraction of the time. */
  pattern: string | null
  /** The two characters that it can begin with. */
  begins: readonly string[]
  /** How far before the anchor what is found there can begin, if not with it. */
  back?: number
  /** How many characters from the anchor on say what is there. A token ends where it ends: see `isCut`. */
  ahead: number
}

/**
 * Literals, and classes that take what they match, so that every place of a text is looked at once. What is found is an
 * anchor: whether there is something to redact around it is for `scan.ts`, which reads a bounded part of the text.
 */
const ANCHORS: readonly Anchor[] = [
  {
    pattern: '@',
    begins: after(
      '@',
      Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)),
    ),
    back: LOCAL_MAX,
    ahead: 1 + DOMAIN_MAX,
  },
  { pattern: '://', begins: [':/'], back: SCHEME_MAX, ahead: 3 + Math.max(USERINFO_MAX, WEBHOOK_MAX) },
  { pattern: 'eyJ', begins: ['ey'], ahead: 3 },
  { pattern: '\\+\\d', begins: after('+', DIGITS), ahead: PHONE_LENGTH_MAX + 1 },
  { pattern: '\\(\\d{3}\\)', begins: after('(', DIGITS), ahead: PHONE_LENGTH_MAX },
  {
    pattern: null,
    begins: DIGITS.flatMap((digit) => after(digit, DIGITS)),
    back: Math.max(...NATIONAL_IDS.map(({ back }) => back)),
    // Each digit with a separator, and what follows the last.
    ahead: 2 * CARD_DIGITS_MAX + 2,
  },
  { pattern: '-----BEGIN ', begins: ['--'], ahead: PEM_MAX },
  { pattern: KEY_PREFIXES, begins: KEY_BEGINNINGS, ahead: KEY_REACH },
  {
    pattern:
      '(?:[Pp]ass(?:word|wd)|PASSWORD|[Ss]ecret|SECRET|[Tt]oken|TOKEN|[Aa][Pp][Ii][_-]?[Kk][Ee][Yy])(?=\\\\{0,2}["\']? ?[:=])',
    begins: ['Pa', 'pa', 'PA', 'Se', 'se', 'SE', 'To', 'to', 'TO', 'AP', 'Ap', 'aP', 'ap'],
    ahead: ASSIGNED_WORD_MAX + ASSIGNING_MAX + ASSIGNED_MAX,
  },
  { pattern: '[Bb]earer ', begins: ['Be', 'be'], ahead: 'bearer '.length + ASSIGNED_MAX },
]
/** What is found at a place begins no further before it, and no more behind it says what it is. */
export const BACK = Math.max(...ANCHORS.map(({ back = 0 }) => back))
export const AHEAD = Math.max(...ANCHORS.map(({ ahead }) => ahead))

const ANCHOR = new RegExp(ANCHORS.flatMap(({ pattern }) => pattern ?? []).join('|'), 'y')

/** By both characters: whether an anchor can begin with them. Nearly no place of a text is looked at more closely. */
const BEGINS = new Uint8Array(1 << 16)
for (const pair of ANCHORS.flatMap(({ begins }) => begins))
  BEGINS[(pair.charCodeAt(0) << 8) | pair.charCodeAt(1)] = 1

/** The anchor that stands here, null when none does. */
export const anchorAt = (text: string, index: number): string | null => {
  const digits = digitsEnd(text, index)
  if (digits > index) return digits > index + 1 ? text.slice(index, digits) : null
  ANCHOR.lastIndex = index
  return ANCHOR.exec(text)?.[0] ?? null
}

const digitsEnd = (text: string, start: number): number => {
  let end = start
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  return end
}

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/** Characters of a text that are looked at as bytes at a time. */
const STRETCH = 4096
/** A shorter rest is read out of the text. */
const SHORT = 96

/**
 * Finds where anchors can begin, in one text at a time. Long texts are looked at as bytes, a stretch at a time: a character
 * out of a string costs several times as much.
 */
export class Beginnings {
  readonly #bytes = Buffer.allocUnsafeSlow(STRETCH + 1)
  /** What of the text is in the bytes. */
  #first = 0
  #last = 0

  /** Another text comes, or others were looked at meanwhile. */
  begin(): void {
    this.#first = 0
    this.#last = 0
  }

  /** The first place from `from` on, before `end`, where an anchor can begin; where there is none, `end` or what is behind it. */
  next(text: string, from: number, end: number): number {
    if (from >= end) return from
    const isHeld = from >= this.#first && from < this.#last
    if (!isHeld && end - from < SHORT) return nextInText(text, from, end)
    const bytes = this.#bytes
    for (let i = from; i < end; ) {
      if (i < this.#first || i >= this.#whole(text)) this.#fill(text, i)
      const first = this.#first
      const until = Math.min(end, this.#whole(text)) - first
      let code = bytes[i - first] as number
      for (let at = i - first; at < until; at++) {
        const next = bytes[at + 1] as number
        if (BEGINS[(code << 8) | next] === 1) return first + at
        code = next
      }
      i = first + until
    }
    return end
  }

  /** Up to here each character and the one behind it are in the bytes. */
  #whole(text: string): number {
    return this.#last === text.length ? this.#last : this.#last - 1
  }

  #fill(text: string, from: number): void {
    const length = this.#bytes.write(text.slice(from, from + STRETCH), 0, STRETCH, 'latin1')
    this.#bytes[length] = 0
    this.#first = from
    this.#last = from + length
  }
}

const nextInText = (text: string, from: number, end: number): number => {
  let code = text.charCodeAt(from)
  for (let i = from; i < end; i++) {
    const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0
    if (BEGINS[(code << 8) | next] === 1) return i
    code = next
  }
  return end
}
