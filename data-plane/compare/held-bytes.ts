/** About what a message keeps in memory, its headers included: they may be 64 KiB. */
export const heldBytes = (headers: readonly string[], body: Buffer | undefined): number => {
  let bytes = body?.length ?? 0
  for (const text of headers) bytes += text.length
  return bytes
}
