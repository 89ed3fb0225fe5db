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
  #redacted: GrowingBytes | Buffer | null = null

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
    if (isLast && this.#redacted === null)
      this.#redacted = this.#isChanged ? Buffer.from(redacted, 'latin1') : null
    else {
      this.#redacted ??= new GrowingBytes(this.#room)
      ;(this.#redacted as GrowingBytes).append(redacted)
    }
    return true
  }

  /** What stands in the body’s place; null when nothing has changed. */
  redacted(): Buffer | null {
    if (!this.#isChanged) return null
    return this.#redacted instanceof GrowingBytes ? this.#redacted.bytes() : this.#redacted
  }
}

/** Bytes that latin-1 text is added to, in one piece of memory. */
class GrowingBytes {
  #memory: Buffer
  #length = 0

  constructor(room: number) {
    this.#memory = Buffer.allocUnsafeSlow(room)
  }

  append(text: string): void {
    const length = this.#length + text.length
    if (length > this.#memory.length) {
      const memory = Buffer.allocUnsafeSlow(2 * length)
      this.#memory.copy(memory)
      release(this.#memory)
      this.#memory = memory
    }
    this.#memory.write(text, this.#length, 'latin1')
    this.#length = length
  }

  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length)
  }
}

/** Gives back the memory of a buffer that has it for itself, without waiting for the collector. */
export const release = ({ buffer }: Buffer): void => {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
