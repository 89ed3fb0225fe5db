/** Bytes that latin-1 text is added to, in one piece of memory outside of the heap. */
export class GrowingBytes {
  #memory: Buffer
  #length = 0

  /** @param room as many as they probably become; what of it is not used costs no memory */
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

  /** The last that is asked of them: their memory is given back. */
  text(): string {
    const text = this.#memory.toString('latin1', 0, this.#length)
    release(this.#memory)
    return text
  }
}

/** Gives back the memory of a buffer that has it for itself, without waiting for the collector. */
export const release = ({ buffer }: Buffer): void => {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
