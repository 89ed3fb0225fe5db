import { decodeHuffman } from './huffman.ts'

/** Header compression of HTTP/2 (RFC 7541), the decoding half. */

type Entry = readonly [name: string, value: string]

/** RFC 7541 Appendix A; index 1 is the first. */
const STATIC_TABLE: readonly Entry[] =
  ':authority|:method:GET|:method:POST|:path:/|:path:/index.html|:scheme:http|:scheme:https|:status:200|:status:204|:status:206|:status:304|:status:400|:status:404|:status:500|accept-charset|accept-encoding:gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate'
    .split('|')
    .map((text): Entry => {
      const colon = text.indexOf(':', 1)
      return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
    })

const DEFAULT_SIZE = 4096
/** More than any peer was seen to allow; bounds what a bad capture can make us hold. */
const MAX_SIZE = 1 << 20
const ENTRY_OVERHEAD = 32

/** One direction's decoder. After a failed block its table is unknown and it must not be used again. */
export class HpackDecoder {
  readonly #entries: Entry[] = []
  #size = 0
  #limit = DEFAULT_SIZE
  #at = 0

  /** Name, value, name, value ... or null when the block is broken or gives more than `maxBytes`. */
  decode(b: Buffer, maxBytes: number): string[] | null {
    const fields: string[] = []
    let bytes = 0
    this.#at = 0
    while (this.#at < b.length) {
      const byte = b[this.#at] ?? 0
      if ((byte & 0xe0) === 0x20) {
        const limit = this.#integer(b, 5)
        if (limit < 0 || limit > MAX_SIZE) return null
        this.#limit = limit
        this.#evict()
        continue
      }
      const entry = (byte & 0x80) !== 0 ? this.#entry(this.#integer(b, 7)) : this.#literal(b, byte)
      if (entry === null) return null
      bytes += entry[0].length + entry[1].length
      if (bytes > maxBytes) return null
      fields.push(entry[0], entry[1])
    }
    return fields
  }

  #literal(b: Buffer, byte: number): Entry | null {
    const isIndexed = (byte & 0xc0) === 0x40
    const index = this.#integer(b, isIndexed ? 6 : 4)
    if (index < 0) return null
    const name = index === 0 ? this.#string(b) : (this.#entry(index)?.[0] ?? null)
    const value = name === null ? null : this.#string(b)
    if (name === null || value === null) return null
    const entry: Entry = [name, value]
    if (isIndexed) {
      this.#entries.unshift(entry)
      this.#size += name.length + value.length + ENTRY_OVERHEAD
      this.#evict()
    }
    return entry
  }

  #evict(): void {
    while (this.#size > this.#limit) {
      const entry = this.#entries.pop()
      if (entry === undefined) break
      this.#size -= entry[0].length + entry[1].length + ENTRY_OVERHEAD
    }
  }

  #entry(index: number): Entry | null {
    if (index <= 0) return null
    if (index <= STATIC_TABLE.length) return STATIC_TABLE[index - 1] ?? null
    return this.#entries[index - STATIC_TABLE.length - 1] ?? null
  }

  /** RFC 7541 5.1; -1 when it is cut or too large. */
  #integer(b: Buffer, prefix: number): number {
    const max = (1 << prefix) - 1
    let value = (b[this.#at++] ?? 0) & max
    if (value < max) return value
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = b[this.#at++]
      if (byte === undefined) return -1
      value += (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value
    }
    return -1
  }

  #string(b: Buffer): string | null {
    const isHuffman = ((b[this.#at] ?? 0) & 0x80) !== 0
    const length = this.#integer(b, 7)
    const from = this.#at
    if (length < 0 || from + length > b.length) return null
    this.#at = from + length
    return isHuffman ? decodeHuffman(b, from, this.#at) : b.toString('latin1', from, this.#at)
  }
}
