/**
 * The Huffman code of HPACK (RFC 7541 Appendix B). It is canonical: codes of one length follow each other in the order of
 * their symbols, so the lengths are all there is to know. The last length is of the end-of-string symbol.
 */
// biome-ignore format: sixteen to a line
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
]

const END_OF_STRING = 256
const MAX_LENGTH = 30

/** For each length: the first code, how many codes there are, and where their symbols start. */
const first = new Int32Array(MAX_LENGTH + 1)
const count = new Int32Array(MAX_LENGTH + 1)
const start = new Int32Array(MAX_LENGTH + 1)
const symbols: number[] = []
for (let length = 1, code = 0; length <= MAX_LENGTH; length++) {
  start[length] = symbols.length
  first[length] = code
  LENGTHS.forEach((of, symbol) => {
    if (of === length) symbols.push(symbol)
  })
  const found = symbols.length - (start[length] ?? 0)
  count[length] = found
  code = (code + found) << 1
}

/** Latin-1 text, or null when the bits are no Huffman code (RFC 7541 5.2). */
export function decodeHuffman(b: Buffer, from: number, end: number): string | null {
  const bytes: number[] = []
  let code = 0
  let length = 0
  for (let i = from; i < end; i++) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | (((b[i] ?? 0) >> bit) & 1)
      length++
      const index = code - (first[length] ?? 0)
      if (index >= 0 && index < (count[length] ?? 0)) {
        const symbol = symbols[(start[length] ?? 0) + index] ?? END_OF_STRING
        if (symbol === END_OF_STRING) return null
        bytes.push(symbol)
        code = 0
        length = 0
      } else if (length >= MAX_LENGTH) return null
    }
  }
  // Padding is a shorter beginning of the end-of-string code: ones.
  if (length > 7 || code !== (1 << length) - 1) return null
  return Buffer.from(bytes).toString('latin1')
}
