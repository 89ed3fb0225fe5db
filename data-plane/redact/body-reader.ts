import { PIECE_BYTES } from './coding.ts'
import type { Reader } from './reader.ts'

/** Reads a body’s bytes as they come, and keeps what stands in their place, and no more of them than is not certain yet. */
export class BodyReader {
  readonly #reader: Reader
  readonly #room: number
  /** What was read and not taken, and what came since. */
  #rest = ''
  #come = ''
  #isChanged = false
  #written: Buffer | null = null
  #length = 0

  /** @param room as long as the redacted body probably is; what of it is not used costs no memory */
  constructor(reader: Reader, room: number) {
    this.#reader = reader
    this.#room = room
  }

  /** False when it cannot be read. */
  write(bytes: Buffer, isLast: boolean): boolean {
    this.#come += bytes.toString('latin1')
    // A long value is looked at again each time that as much has come as there was of it, not with every piece.
    if (!isLast && this.#come.length < Math.max(PIECE_BYTES, this.#rest.length)) return true
    const text = this.#rest + this.#come
    const redacted = this.#reader.read(text, isLast)
    if (redacted === null) return false
    const { taken } = this.#reader
    this.#isChanged ||= redacted !== text.slice(0, taken)
    this.#rest = text.slice(taken)
    this.#come = ''
    if (this.#isChanged || !isLast) this.#append(redacted, isLast)
    return true
  }

  /** What stands in the body’s place; null when nothing has changed. */
  redacted(): Buffer | null {
    return this.#isChanged ? (this.#written as Buffer).subarray(0, this.#length) : null
  }

  #append(text: string, isLast: boolean): void {
    const length = this.#length + text.length
    if (this.#written === null && isLast) this.#written = Buffer.from(text, 'latin1')
    else {
      if (this.#written === null || length > this.#written.length) this.#grow(length)
      this.#written?.write(text, this.#length, 'latin1')
    }
    this.#length = length
  }

  #grow(length: number): void {
    const written = this.#written
    this.#written = Buffer.allocUnsafeSlow(Math.max(this.#room, 2 * length))
    if (written === null) return
    written.copy(this.#written)
    release(written)
  }
}

/** Gives back the memory of a buffer that has it for itself, without waiting for the collector. */
export const release = ({ buffer }: Buffer): void => {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
