/** Something with a size in bytes, waiting its turn. */
type Sized = { readonly size: number }

export type QueueLimits = { requests: number; bytes: number }

/**
 * First in, first out, bounded in number and bytes; when full the oldest gives way, since the newest says most about
 * the shadow's state now. A circular buffer: no step costs more than another.
 */
export class RequestQueue<Item extends Sized> {
  readonly #items: (Item | undefined)[]
  readonly #limits: QueueLimits
  readonly #onDropped: (item: Item) => void
  #first = 0
  #length = 0
  #bytes = 0

  constructor(limits: QueueLimits, onDropped: (item: Item) => void) {
    this.#limits = limits
    this.#items = new Array(limits.requests)
    this.#onDropped = onDropped
  }

  get length(): number {
    return this.#length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** An item larger than the whole queue drops everything, itself included. */
  push(item: Item): void {
    while (
      this.#length > 0 &&
      (this.#length >= this.#limits.requests || this.#bytes + item.size > this.#limits.bytes)
    )
      this.#onDropped(this.shift() as Item)
    if (item.size > this.#limits.bytes) {
      this.#onDropped(item)
      return
    }
    this.#items[(this.#first + this.#length) % this.#limits.requests] = item
    this.#length++
    this.#bytes += item.size
  }

  shift(): Item | undefined {
    if (this.#length === 0) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first] = undefined
    this.#first = (this.#first + 1) % this.#limits.requests
    this.#length--
    this.#bytes -= item?.size ?? 0
    return item
  }
}
