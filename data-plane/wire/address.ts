import { isIPv4, isIPv6 } from 'node:net'

/**
 * IP addresses as four 32-bit words, as they are kept in packets and flow keys: an IPv4 address is the first word and
 * three zeros. Text follows RFC 5952 for IPv6.
 */

export type AddressBytes = Uint8Array

/** 4 or 16 bytes for a textual address. Throws `TypeError` on text that is no IP address. */
export function parseAddress(text: string): AddressBytes {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  if (!isIPv6(text)) throw new TypeError(`not an IP address: ${text}`)

  const bytes = new Uint8Array(16)
  const plain = text.includes('%') ? text.slice(0, text.indexOf('%')) : text
  const [head = '', tail] = plain.split('::') as [string, string?]
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  bytes.set(front)
  bytes.set(back, 16 - back.length)
  return bytes
}

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

/** Dotted decimal of one word. */
export const formatIpv4 = (word: number): string =>
  `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`

/** Lower-case hexadecimal, the longest run of two or more zero groups shortened (RFC 5952 section 4). */
export function formatIpv6(w0: number, w1: number, w2: number, w3: number): string {
  const parts: number[] = []
  for (const word of [w0, w1, w2, w3]) parts.push(word >>> 16, word & 0xffff)

  let from = -1
  let length = 1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && parts[i + run] === 0) run++
    if (run > length) {
      from = i
      length = run
    }
  }
  const hex = (list: number[]): string => list.map((part) => part.toString(16)).join(':')
  if (from < 0) return hex(parts)
  return `${hex(parts.slice(0, from))}::${hex(parts.slice(from + length))}`
}

/** `address:port`, IPv6 in brackets. */
export const formatEndpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
