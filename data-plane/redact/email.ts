import type { Fill } from './fill.ts'

/** Longer ones are read as far as this on each side of the @. */
export const LOCAL_MAX = 64
export const DOMAIN_MAX = 253
/** So many letters and digits tell some 10^15 people apart. */
const LOCAL_LENGTH = 12
const RESERVED = '@example.com'

const isWord = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
/** `.` `_` `+` `-` `'` */
const isLocal = (code: number): boolean =>
  isWord(code) || code === 0x2e || code === 0x5f || code === 0x2b || code === 0x2d || code === 0x27
const isDomain = (code: number): boolean => isWord(code) || code === 0x2e || code === 0x2d
const isLead = (code: number): boolean => code >= 0xc2 && code <= 0xdf
const isFollow = (code: number): boolean => code >= 0x80 && code <= 0xbf

/**
 * Where the address around this @ starts and ends; null when there is none. Text is UTF-8 as latin-1: letters of two bytes
 * belong to an address, those of three (Chinese, Japanese, Korean) stand beside it without a space.
 */
export const emailAt = (text: string, at: number, from: number): [number, number] | null => {
  let start = at
  const lowest = Math.max(from, at - LOCAL_MAX)
  while (start > lowest) {
    const code = text.charCodeAt(start - 1)
    if (isLocal(code)) start--
    else if (isFollow(code) && start - 1 > lowest && isLead(text.charCodeAt(start - 2))) start -= 2
    else break
  }
  while (start < at && (text[start] === '.' || text[start] === "'" || text[start] === '-')) start++
  if (start === at) return null
  let end = at + 1
  const highest = Math.min(text.length, at + 1 + DOMAIN_MAX)
  while (end < highest) {
    const code = text.charCodeAt(end)
    if (isDomain(code)) end++
    else if (isLead(code) && end + 1 < highest && isFollow(text.charCodeAt(end + 1))) end += 2
    else break
  }
  while (end > at && (text[end - 1] === '.' || text[end - 1] === '-')) end--
  const dot = text.lastIndexOf('.', end - 1)
  return dot > at + 1 && end - dot > 2 && !/\d/.test(text[end - 1] as string) ? [start, end] : null
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

const letters = (count: number, fill: Fill): string => {
  let text = ''
  for (let i = 0; i < count; i++) text += fill.isMask ? 'x' : (ALPHABET[fill.next(ALPHABET.length)] as string)
  return text
}

/**
 * An address that reaches nobody: its domain is reserved (RFC 2606 sections 2 and 3).
 * @param keepsLength where a length stands somewhere else; short addresses then have little room to differ
 */
export const replaceEmail = (value: string, fill: Fill, keepsLength: boolean): string => {
  const room = value.length - RESERVED.length
  if (!keepsLength && !fill.isMask)
    return letters(Math.max(LOCAL_LENGTH, Math.min(room, 40)), fill) + RESERVED
  if (room > 0) return letters(room, fill) + RESERVED
  return value.length > 7 ? `${letters(value.length - 7, fill)}@x.test` : letters(value.length, fill)
}
