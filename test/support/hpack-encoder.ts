const STATIC_SIZE = 61

/** Writes header blocks (RFC 7541) in every way that the format allows: indexed, literal, never indexed, tables resized. */
export class HpackEncoder {
  readonly #random: () => number
  readonly #entries: [string, string][] = []
  #limit = 4096

  constructor(random: () => number) {
    this.#random = random
  }

  encode(fields: readonly string[]): Buffer {
    const parts: Buffer[] = []
    if (this.#random() < 0.2) {
      this.#limit = [0, 64, 512, 4096][Math.floor(this.#random() * 4)] as number
      parts.push(integer(this.#limit, 5, 0x20))
      this.#evict()
    }
    for (let i = 0; i < fields.length; i += 2)
      parts.push(this.#field(fields[i] as string, fields[i + 1] as string))
    return Buffer.concat(parts)
  }

  #field(name: string, value: string): Buffer {
    const same = this.#entries.findIndex((entry) => entry[0] === name && entry[1] === value)
    if (same >= 0 && this.#random() < 0.8) return integer(STATIC_SIZE + 1 + same, 7, 0x80)
    const named = this.#entries.findIndex((entry) => entry[0] === name)
    const isNameIndexed = named >= 0 && this.#random() < 0.7
    const index = isNameIndexed ? STATIC_SIZE + 1 + named : 0
    const texts = isNameIndexed ? [text(value)] : [text(name), text(value)]
    const kind = this.#random()
    if (kind < 0.2) return Buffer.concat([integer(index, 4, 0x10), ...texts])
    if (kind < 0.4) return Buffer.concat([integer(index, 4, 0), ...texts])
    this.#entries.unshift([name, value])
    this.#evict()
    return Buffer.concat([integer(index, 6, 0x40), ...texts])
  }

  #evict(): void {
    let size = 0
    const kept = this.#entries.findIndex(([name, value]) => {
      size += name.length + value.length + 32
      return size > this.#limit
    })
    if (kept >= 0) this.#entries.length = kept
  }
}

function integer(value: number, prefix: number, flags: number): Buffer {
  const max = (1 << prefix) - 1
  if (value < max) return Buffer.from([flags | value])
  const bytes = [flags | max]
  let rest = value - max
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}

const text = (value: string): Buffer =>
  Buffer.concat([integer(Buffer.byteLength(value, 'latin1'), 7, 0), Buffer.from(value, 'latin1')])
