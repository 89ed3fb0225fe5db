import { createHmac } from 'node:crypto'

/**
 * Where the characters of a replacement come from: for a mask always the same, for a pseudonym those that follow from the
 * key and the value.
 */
export class Fill {
  readonly #bytes: Buffer | null
  #at = 0

  constructor(bytes: Buffer | null) {
    this.#bytes = bytes
  }

  get isMask(): boolean {
    return this.#bytes === null
  }

  /** A number from 0 to `below` - 1; 0 in a mask. */
  next(below: number): number {
    const bytes = this.#bytes
    if (bytes === null) return 0
    const at = this.#at++
    return ((bytes[at % bytes.length] as number) + 7 * Math.trunc(at / bytes.length)) % below
  }

  digit(): string {
    return String.fromCharCode(0x30 + this.next(10))
  }

  lower(): string {
    return this.#bytes === null ? 'x' : String.fromCharCode(0x61 + this.next(26))
  }

  upper(): string {
    return this.#bytes === null ? 'X' : String.fromCharCode(0x41 + this.next(26))
  }

  /** a to f. */
  hexLetter(): string {
    return String.fromCharCode(0x61 + this.next(6))
  }

  digits(count: number): string {
    let text = ''
    for (let i = 0; i < count; i++) text += this.digit()
    return text
  }
}

export const MASK = (): Fill => new Fill(null)

/** HMAC-SHA256 of a kind and a value under the experiment's key: who has no key learns nothing from a pseudonym. */
export const keyedFill = (key: Buffer, kind: string, value: string): Fill =>
  new Fill(createHmac('sha256', key).update(kind).update('\0').update(value, 'latin1').digest())
