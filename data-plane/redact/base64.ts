const LENGTH_MIN = 12
/** What is no text mostly shows within so many characters, a multiple of four. */
const BEGINNING = 64

/**
 * The text in a value that is base64 as a whole (RFC 4648 sections 4 and 5), as latin-1; null when it is none, or what it
 * encodes is no text.
 */
export const readBase64 = (value: string): string | null => {
  if (value.length < LENGTH_MIN) return null
  let end = value.length
  while (end > value.length - 2 && value[end - 1] === '=') end--
  if (end % 4 === 1 || (end !== value.length && value.length % 4 !== 0)) return null
  const beginning = Math.min(end, BEGINNING)
  if (!isBase64Between(value, 0, beginning)) return null
  if (!isText(Buffer.from(value.slice(0, beginning), 'base64'))) return null
  if (!isBase64Between(value, beginning, end)) return null
  const bytes = Buffer.from(value, 'base64')
  return isText(bytes) ? bytes.toString('latin1') : null
}

const isBase64Between = (value: string, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) if (!isBase64(value.charCodeAt(i))) return false
  return true
}

const isText = (bytes: Buffer): boolean => {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte < 0x20 ? byte !== 9 && byte !== 10 && byte !== 13 : byte === 0x7f) return false
  }
  return true
}

const isBase64 = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x2b ||
  code === 0x2f ||
  code === 0x2d ||
  code === 0x5f

/** Encoded in the alphabet and with the padding that this one has. */
export const encodedBase64 = (latin1: string, like: string): string => {
  const bytes = Buffer.from(latin1, 'latin1')
  if (/[-_]/.test(like)) return bytes.toString('base64url')
  const text = bytes.toString('base64')
  return like.endsWith('=') || like.length % 4 === 0 ? text : text.replace(/=+$/, '')
}
