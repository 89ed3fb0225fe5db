/** `02:1f:…` as bytes; throws on anything else. */
export const parseMac = (text: string): Uint8Array => {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) throw new RangeError(`not a MAC address: ${text}`)
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16))
}
