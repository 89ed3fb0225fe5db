/** A buffer’s bytes in memory of their own, to be handed to another thread: small buffers share theirs with others. */
export const ownBytes = ({ buffer, byteOffset, length }: Buffer): Uint8Array<ArrayBuffer> =>
  byteOffset === 0 && buffer.byteLength === length && buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer)
    : new Uint8Array(new Uint8Array(buffer, byteOffset, length))
