import type { Reader } from '../../data-plane/redact/reader.ts'

/** What a reader makes of a text that comes in pieces of these sizes, the last one over and over; null when it cannot be read. */
export const readInPieces = (reader: Reader, text: string, sizes: readonly number[]): string | null => {
  const redacted: string[] = []
  let taken = 0
  let come = 0
  for (let n = 0; come < text.length || n === 0; n++) {
    come = Math.min(text.length, come + (sizes[Math.min(n, sizes.length - 1)] as number))
    const piece = reader.read(text.slice(taken, come), come === text.length)
    if (piece === null) return null
    redacted.push(piece)
    taken += reader.taken
  }
  return taken === text.length ? redacted.join('') : `only ${taken} of ${text.length}`
}
