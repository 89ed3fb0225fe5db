import type { Fill } from './fill.ts'
import { GrowingBytes } from './growing-bytes.ts'
import { LONG_TEXT } from './long-text.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Version and variant of a UUID (RFC 9562 section 4): what checks them goes on working. */
const UUID_FIXED = new Set([14, 19])
const HEX = /^[^g-z]*$/i

/** Another token of the same length and the same classes of characters; punctuation stays. Never the same one. */
export const replaceToken = (value: string, fill: Fill): string => {
  const isUuid = UUID.test(value)
  const isHex = !fill.isMask && HEX.test(value) && /\d/.test(value) && /[a-f]/i.test(value)
  const result =
    value.length <= LONG_TEXT ? replaceRun(value, fill, isUuid, isHex) : replaceLong(value, fill, isHex)
  return result === value ? changed(value, fill) : result
}

const replaceLong = (value: string, fill: Fill, isHex: boolean): string => {
  const bytes = new GrowingBytes(value.length)
  for (let at = 0; at < value.length; at += LONG_TEXT)
    bytes.append(replaceRun(value.slice(at, at + LONG_TEXT), fill, false, isHex))
  return bytes.text()
}

const replaceRun = (value: string, fill: Fill, isUuid: boolean, isHex: boolean): string => {
  let result = ''
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    const char = value[i] as string
    if (isUuid && UUID_FIXED.has(i)) result += char
    else if (code >= 0x30 && code <= 0x39) result += fill.digit()
    else if (code >= 0x61 && code <= 0x7a) result += isHex ? fill.hexLetter() : isUuid ? 'a' : fill.lower()
    else if (code >= 0x41 && code <= 0x5a)
      result += isHex ? fill.hexLetter().toUpperCase() : isUuid ? 'A' : fill.upper()
    // Beyond ASCII: bytes of a character, which goes out as letters.
    else if (code >= 0x80) result += fill.lower()
    else result += char
  }
  return result
}

/** A short value may happen to be its own pseudonym, and one of punctuation alone has none. */
const changed = (value: string, fill: Fill): string => {
  const at = value.search(/[0-9A-Za-z]/)
  if (at < 0) return fill.isMask ? 'x'.repeat(value.length) : value.replace(/./gs, () => fill.lower())
  const code = value.charCodeAt(at)
  const next = code === 0x39 ? '0' : code === 0x7a ? 'a' : code === 0x5a ? 'A' : String.fromCharCode(code + 1)
  return value.slice(0, at) + next + value.slice(at + 1)
}
