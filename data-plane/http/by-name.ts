/** So many names are known at a time, none of them longer: a hostile sender must not fill the memory with them. */
const NAMES_MAX = 5_000
const NAME_LENGTH_MAX = 256

/** What follows from the name of a header, cookie or field, worked out once: traffic says the same few over and over. */
export class ByName<T> {
  readonly #workOut: (name: string) => T
  #known = new Map<string, T>()

  constructor(workOut: (name: string) => T) {
    this.#workOut = workOut
  }

  of(name: string): T {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (name.length > NAME_LENGTH_MAX) return this.#workOut(name)
    if (this.#known.size >= NAMES_MAX) this.#known = new Map()
    const own = ownText(name)
    const result = this.#workOut(own)
    this.#known.set(own, result)
    return result
  }
}

/** A copy that stands alone: text cut out of a longer one keeps all of that in memory for as long as it is remembered. */
const ownText = (text: string): string => Buffer.from(text).toString()
