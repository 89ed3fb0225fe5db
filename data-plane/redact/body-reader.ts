import { GrowingBytes } from './growing-bytes.ts'
import type { Reader } from './reader.ts'

/** Bytes that are looked at in one step. */
export const PIECE_BYTES = 128 << 10

/** Reads a body’s bytes as they come, and keeps what stands in their place, and no more of them than is not certain yet. */
export class BodyReader {
  readonly #reader: Reader
  readonly #room: number
  /** What was not taken, and what came since. */
  #held: Buffer[] = []
  #length = 0
  /** A value that is longer than a step is looked at again in steps of twice the length. */
  #step = PIECE_BYTES
  #isChanged = false
  #redacted: GrowingBytes | Buffer | null = null

  /** @param room as long as the redacted body probably is; what of it is not used costs no memory */
  constructor(reader: Reader, room: number) {
    this.#reader = reader
    this.#room = room
  }

  /** False when it cannot be read. */
  write(bytes: Buffer, isLast: boolean): boolean {
    this.#held.push(bytes)
    this.#length += bytes.length
    if (!isLast && this.#length < this.#step) return true
    const held = this.#held.length === 1 ? bytes : Buffer.concat(this.#held)
    let at = 0
    while (isLast || held.length - at >= this.#step) {
      const end = Math.min(held.length, at + this.#step)
      const isEnd = isLast && end === held.length
      const text = held.toString('latin1', at, end)
      const redacted = this.#reader.read(text, isEnd)
      if (redacted === null) return false
      const { taken } = this.#reader
      this.#isChanged ||= redacted !== text.slice(0, taken)
      this.#keep(redacted, isEnd)
      if (isEnd) return true
      at += taken
      this.#step = taken === 0 ? 2 * this.#step : PIECE_BYTES
    }
    this.#held = [held.subarray(at)]
    this.#length = held.length - at
    return true
  }

  /** What stands in the body’s place; null when nothing has changed. */
  redacted(): Buffer | null {
    if (!this.#isChanged) return null
    return this.#redacted instanceof GrowingBytes ? this.#redacted.bytes() : this.#redacted
  }

  #keep(redacted: string, isEnd: boolean): void {
    if (isEnd && this.#redacted === null) {
      if (this.#isChanged) this.#redacted = Buffer.from(redacted, 'latin1')
      return
    }
    this.#redacted ??= new GrowingBytes(this.#room)
    if (this.#redacted instanceof GrowingBytes) this.#redacted.append(redacted)
  }
}
