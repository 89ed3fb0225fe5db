const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * A ULID (github.com/ulid/spec): 48 bits of milliseconds and 80 random ones in Crockford’s base 32, so that text order
 * is time order. `random` is at least 10 bytes.
 */
export const ulid = (milliseconds: number, random: Uint8Array): string => {
  let value = BigInt(milliseconds)
  for (const byte of random.subarray(0, 10)) value = (value << 8n) | BigInt(byte)
  let text = ''
  for (let digit = 0; digit < 26; digit++) {
    text = ALPHABET[Number(value & 31n)] + text
    value >>= 5n
  }
  return text
}

export const experimentId = (milliseconds: number, random: Uint8Array): string =>
  `exp_${ulid(milliseconds, random)}`
