/** FNV-1a over the words' bytes with a final mix, so that low bits are usable: the same everywhere and always. */
export const hash32 = (...words: readonly number[]): number => {
  let hash = 0x811c9dc5
  for (const word of words)
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((word >>> shift) & 0xff), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
