import type { RedactedKind, Region } from '../../contract/redaction.ts'
import {
  AHEAD,
  ASSIGNED_MAX,
  ASSIGNING_MAX,
  anchorAt,
  BACK,
  Beginnings,
  CARD_DIGITS_MAX,
  isDigit,
  PEM_MAX,
  USERINFO_MAX,
} from './anchors.ts'
import { isCard } from './card.ts'
import { isKeyPrefix, keyAt } from './cloud-key.ts'
import { emailAt } from './email.ts'
import { NATIONAL_IDS, type NationalId } from './national-id.ts'
import { internationalEnd, NORTH_AMERICAN } from './phone.ts'
import { webhookAt } from './webhook.ts'

/** Something that was found in a text; `id` says which national id, `prefix` how a key begins. */
export type Found = {
  kind: RedactedKind
  start: number
  end: number
  id?: NationalId
  prefix?: string
}

const JWT_PARTS_MAX = 5
/** What follows `Bearer` is a token (RFC 6750 section 2.1) when it is so long and has a digit. */
const BEARER_MIN = 16
const CARD_DIGITS_MIN = 13
/** The last character of what was found may say that what stands behind it is nothing of its own. */
const BEFORE = 1

/** A text shorter than this holds nothing that is looked for. */
export const SCAN_LENGTH_MIN = 6

/** How far a text has been looked through that comes in pieces: places in the piece at hand. */
export class ScanProgress {
  isLast = false
  /** What is before it has been given out; it is there to be looked back at. */
  start = 0
  /** Up to here nothing that follows changes what was found. */
  certain = 0
  /** Where to look on, and where what was found last ends. */
  at = 0
  from = 0
  noTokenBefore = 0

  /** The next piece begins behind what is certain. What of this one is to stand before it: */
  next(text: string): string {
    const kept = Math.max(0, this.certain - BEFORE)
    this.start = this.certain - kept
    this.at -= kept
    this.from = Math.max(0, this.from - kept)
    this.noTokenBefore = Math.max(0, this.noTokenBefore - kept)
    return text.slice(kept, this.certain)
  }
}

const beginnings = new Beginnings()

/**
 * Everything in a text that looks like a credential or personal data, from left to right and apart. The text is latin-1
 * as on the wire. Time is linear in its length.
 *
 * @param progress of a text that comes in pieces: what was found in it so far is not found again
 */
export const scan = (
  text: string,
  regions: ReadonlySet<Region>,
  onFound: (found: Found) => void,
  progress: ScanProgress | null = null,
): void => {
  const isOpen = progress !== null && !progress.isLast
  const end = isOpen ? text.length - AHEAD : text.length < SCAN_LENGTH_MIN ? 0 : text.length
  if (end <= 0 && progress === null) return
  const ids = regions.size === 0 ? [] : NATIONAL_IDS.filter(({ region }) => regions.has(region))
  let from = progress?.from ?? 0
  /** What begins before it is in the same run of characters as what was no token, and none either. */
  let noTokenBefore = progress?.noTokenBefore ?? 0
  let i = progress?.at ?? 0
  beginnings.begin()
  for (;;) {
    i = beginnings.next(text, i, end)
    if (i >= end) break
    const anchor = anchorAt(text, i)
    if (anchor === null) {
      i++
      continue
    }
    if (isOpen && anchor === 'eyJ' && i >= noTokenBefore && isCut(text, i)) break
    const found = i < noTokenBefore && anchor === 'eyJ' ? null : at(text, i, anchor, from, ids)
    if (found !== null) {
      onFound(found)
      beginnings.begin()
      from = found.end
    } else if (anchor === 'eyJ' && i >= noTokenBefore && !isWordBefore(text, i))
      noTokenBefore = base64UrlEnd(text, i)
    i = found === null ? i + anchor.length : found.end
  }
  if (progress === null) return
  progress.certain = isOpen ? Math.max(progress.start, from, i - BACK) : text.length
  progress.at = i
  progress.from = from
  progress.noTokenBefore = noTokenBefore
}

const at = (
  text: string,
  index: number,
  anchor: string,
  from: number,
  ids: readonly NationalId[],
): Found | null => {
  const code = anchor.charCodeAt(0)
  if (code === 0x40) {
    const email = emailAt(text, index, from)
    return email && { kind: 'email', start: email[0], end: email[1] }
  }
  if (code === 0x3a) {
    const hook = webhookAt(text, index, from)
    return hook ? { kind: 'webhook', start: hook[0], end: hook[1] } : userinfo(text, index + 3)
  }
  if (code === 0x2b || code === 0x28) return phone(text, index, code)
  if (code >= 0x30 && code <= 0x39) return number(text, index, from, ids)
  if (code === 0x2d) return privateKey(text, index)
  if (anchor === 'eyJ') return isWordBefore(text, index) ? null : jwt(text, index)
  if (anchor.endsWith(' ')) return isWordBefore(text, index) ? null : bearer(text, index + anchor.length)
  if (!isKeyPrefix(anchor)) return text[index - 1] === '$' ? null : assigned(text, index + anchor.length)
  const key = isWordBefore(text, index) ? null : keyAt(text, index, anchor)
  return key && { kind: key.kind, start: index, end: key.end, prefix: key.prefix }
}

const isWord = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)

const isWordBefore = (text: string, index: number): boolean => {
  const code = index > 0 ? text.charCodeAt(index - 1) : 0
  return isWord(code) || code === 0x5f
}

const isWordAt = (text: string, index: number): boolean =>
  index < text.length && isWord(text.charCodeAt(index))

/** user:password of an address (RFC 3986 section 3.2.1). */
const userinfo = (text: string, start: number): Found | null => {
  const last = Math.min(text.length, start + USERINFO_MAX)
  for (let i = start; i < last; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x40) return i > start ? { kind: 'credential', start, end: i } : null
    if (code <= 0x20 || code === 0x2f || code === 0x3f || code === 0x23 || code === 0x22 || code === 0x3c)
      break
  }
  return null
}

const phone = (text: string, index: number, code: number): Found | null => {
  if (isWordBefore(text, index)) return null
  if (code === 0x2b) {
    const end = internationalEnd(text, index)
    return end < 0 || isWordAt(text, end) ? null : { kind: 'phone', start: index, end }
  }
  return northAmerican(text, index)
}

const northAmerican = (text: string, index: number): Found | null => {
  NORTH_AMERICAN.lastIndex = index
  if (!NORTH_AMERICAN.test(text)) return null
  const end = NORTH_AMERICAN.lastIndex
  return isNumberGoingOn(text, end) ? null : { kind: 'phone', start: index, end }
}

/** A letter or digit, or a separator and a digit. */
const isNumberGoingOn = (text: string, end: number): boolean => {
  if (isWordAt(text, end)) return true
  const code = end < text.length ? text.charCodeAt(end) : 0
  return (code === 0x2d || code === 0x2e) && end + 1 < text.length && isDigit(text.charCodeAt(end + 1))
}

const number = (text: string, index: number, from: number, ids: readonly NationalId[]): Found | null => {
  for (const id of ids) {
    const start = index - id.back
    if (start < from || isWordBefore(text, start)) continue
    id.pattern.lastIndex = start
    if (!id.pattern.test(text)) continue
    const end = id.pattern.lastIndex
    const found = text.slice(start, end)
    if (!isNumberGoingOn(text, end) && id.isValid(found.replace(/\D/g, ''), found))
      return { kind: 'national-id', start, end, id }
  }
  if (isWordBefore(text, index)) return null
  const before = index > from ? text.charCodeAt(index - 1) : 0
  // Decimals of a number are no number of a card.
  if (before === 0x2e && index > 1 && isDigit(text.charCodeAt(index - 2))) return null
  const card = cardEnd(text, index)
  if (card > 0) return { kind: 'card', start: index, end: card }
  return before === 0x2d || before === 0x2e ? null : northAmerican(text, index)
}

/** Digits in one piece, or in groups with the same separator, that are a card’s number: where they end, or -1. */
const cardEnd = (text: string, start: number): number => {
  let digits = 0
  let separator = 0
  let found = -1
  for (let i = start; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 0
    if (isDigit(code)) {
      if (digits === CARD_DIGITS_MAX) break
      digits++
      continue
    }
    if (isWord(code)) break
    if (digits >= CARD_DIGITS_MIN && isCard(text.slice(start, i).replace(/\D/g, ''))) found = i
    const separates = (code === 0x20 || code === 0x2d) && (separator === 0 || separator === code)
    if (!separates || i + 1 >= text.length || !isDigit(text.charCodeAt(i + 1))) break
    separator = code
  }
  return found
}

/** JSON Web Signature or Encryption in compact form (RFC 7515 section 3.1, RFC 7516): base64url of `{"`, and points. */
const jwt = (text: string, start: number): Found | null => {
  const { end, points } = tokenAt(text, start)
  return points >= 2 ? { kind: 'jwt', start, end } : null
}

const tokenAt = (text: string, start: number): { end: number; points: number } => {
  let end = start
  let points = 0
  for (; points < JWT_PARTS_MAX; points++) {
    end = base64UrlEnd(text, end)
    if (end >= text.length || text[end] !== '.' || points === JWT_PARTS_MAX - 1) break
    end++
  }
  return { end, points }
}

/** Whether what may be a token here may go on behind the text. */
const isCut = (text: string, start: number): boolean =>
  !isWordBefore(text, start) && tokenAt(text, start).end >= text.length

const base64UrlEnd = (text: string, start: number): number => {
  let end = start
  while (end < text.length && isBase64Url(text.charCodeAt(end))) end++
  return end
}

const isBase64Url = (code: number): boolean => isWord(code) || code === 0x2d || code === 0x5f

const privateKey = (text: string, start: number): Found | null => {
  const piece = text.slice(start, start + PEM_MAX)
  if (!/^-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/.test(piece)) return null
  const head = piece.indexOf('-----', 11) + 5
  const foot = piece.indexOf('-----END', head)
  return { kind: 'credential', start: start + head, end: start + (foot < 0 ? piece.length : foot) }
}

/** `password: "…"`, `token=…`: what stands behind such a word in a text that is no more structured. */
const assigned = (text: string, index: number): Found | null => {
  let start = index
  while (start < index + ASSIGNING_MAX && start < text.length && /[\\"' :=]/.test(text[start] as string))
    start++
  const quote = text[start - 1]
  const isQuoted = quote === '"' || quote === "'"
  let end = start
  const last = Math.min(text.length, start + ASSIGNED_MAX)
  for (; end < last; end++) {
    const char = text[end] as string
    if (isQuoted ? char === quote || char === '\\' : /[\s"'&;,<>(){}[\]\\$]/.test(char)) break
  }
  if (end === start || start === index) return null
  // `$token: String!` of a GraphQL document declares a type.
  return !isQuoted && GRAPHQL_TYPE.test(text.slice(start, end)) ? null : { kind: 'credential', start, end }
}

const bearer = (text: string, start: number): Found | null => {
  const [token = ''] = BEARER_TOKEN.exec(text.slice(start, start + ASSIGNED_MAX)) ?? []
  const isToken = token.length >= BEARER_MIN && /\d/.test(token)
  return isToken ? { kind: 'credential', start, end: start + token.length } : null
}

const BEARER_TOKEN = /^[\w.~+/-]+=*/
const GRAPHQL_TYPE = /^(?:String|ID|Int|Float|Boolean|true|false|null)\b/
