import type { Reader } from './reader.ts'
import { ScanProgress } from './scan.ts'
import type { Values } from './values.ts'

/** Text without any form, or bytes of a form that nobody knows: what is recognised in it. */
export class TextReader implements Reader {
  taken = 0
  readonly #values: Values
  readonly #keepsLength: boolean
  readonly #progress = new ScanProgress()
  /** The end of what was taken, which may be looked back at. */
  #before = ''

  constructor(values: Values, keepsLength: boolean) {
    this.#values = values
    this.#keepsLength = keepsLength
  }

  read(piece: string, isLast: boolean): string {
    const text = this.#before + piece
    const progress = this.#progress
    progress.isLast = isLast
    const changed = this.#values.scanned('body', text, this.#keepsLength, progress)
    this.taken = progress.certain - this.#before.length
    this.#before = progress.next(text)
    return changed
  }
}
