/**
 * Reads a text that comes in pieces, each behind what was taken of the one before: what is held of a text is no more than
 * what is not certain yet. However it is cut, what comes out is the same. Latin-1 in and out.
 */
export type Reader = {
  /**
   * What stands in the place of what was taken; null when it cannot be read. Of the last piece all is taken.
   *
   * @param text begins where the last one was taken to
   */
  read(text: string, isLast: boolean): string | null
  /** How many characters were taken of the text that was read last: those that nothing that follows can change. */
  readonly taken: number
}

/** Takes a text when all of it is there: one value, however long. */
export class WholeReader implements Reader {
  taken = 0
  readonly #visit: (text: string) => string

  constructor(visit: (text: string) => string) {
    this.#visit = visit
  }

  read(text: string, isLast: boolean): string {
    this.taken = isLast ? text.length : 0
    return isLast ? this.#visit(text) : ''
  }
}
