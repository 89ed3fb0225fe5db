import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { RecordFileError } from './record-content.ts'

/**
 * A record encrypted on disk, piece by piece as it comes, each with AES-256-GCM (NIST SP 800-38D):
 *
 *     magic | salt (32) | length (4) sealed tag (16) | length (4) sealed tag (16) | ...
 *
 * A file has a key of its own, derived from the user's with its salt (HKDF, RFC 5869), so the number of a piece is a nonce that never
 * comes twice, and no piece can be moved, left out or taken from another file unnoticed. A file that was cut is opened up to its last
 * whole piece.
 */
const MAGIC = Buffer.from('shadowmeter-sealed-record-1\n')
const SALT_BYTES = 32
const TAG_BYTES = 16
const LENGTH_BYTES = 4
const NONCE_BYTES = 12
const CIPHER = 'aes-256-gcm'

/** Bytes of a key: AES-256. */
export const SEAL_KEY_BYTES = 32

export const isSealed = (file: Buffer): boolean => file.subarray(0, MAGIC.length).equals(MAGIC)

/** Encrypts what goes into one file, in its order. */
export class Sealing {
  readonly #salt = randomBytes(SALT_BYTES)
  readonly #key: Buffer
  #pieces = 0

  constructor(key: Buffer) {
    this.#key = fileKey(key, this.#salt)
  }

  /** What the file begins with. */
  get head(): Buffer {
    return Buffer.concat([MAGIC, this.#salt])
  }

  piece(bytes: Uint8Array): Buffer {
    const cipher = createCipheriv(CIPHER, this.#key, nonce(this.#pieces++), { authTagLength: TAG_BYTES })
    const sealed = Buffer.concat([cipher.update(bytes), cipher.final()])
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(sealed.length)
    return Buffer.concat([length, sealed, cipher.getAuthTag()])
  }
}

/** What was sealed, up to the last whole piece. Throws `RecordFileError`. @param key null when none was given */
export const unsealed = (file: Buffer, key: Buffer | null): { bytes: Buffer; cut: string | null } => {
  if (key === null)
    throw new RecordFileError(
      'is encrypted: name the file with its key (--record-key FILE), or give it as SHADOWMETER_RECORD_KEY',
    )
  const start = MAGIC.length + SALT_BYTES
  if (file.length < start) throw new RecordFileError('it is cut in its beginning')
  const derived = fileKey(key, file.subarray(MAGIC.length, start))
  const pieces: Buffer[] = []
  let at = start
  while (at + LENGTH_BYTES <= file.length) {
    const from = at + LENGTH_BYTES
    const to = from + file.readUInt32BE(at)
    const end = to + TAG_BYTES
    if (end > file.length) break
    const decipher = createDecipheriv(CIPHER, derived, nonce(pieces.length), { authTagLength: TAG_BYTES })
    decipher.setAuthTag(file.subarray(to, end))
    const opened = decipher.update(file.subarray(from, to))
    try {
      decipher.final()
    } catch {
      throw new RecordFileError(
        pieces.length === 0
          ? 'is encrypted with another key, or was changed'
          : `was changed after it was written, in its piece ${pieces.length + 1}`,
      )
    }
    pieces.push(opened)
    at = end
  }
  return { bytes: Buffer.concat(pieces), cut: at < file.length ? `cut in piece ${pieces.length + 1}` : null }
}

const fileKey = (key: Buffer, salt: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, 'shadowmeter record', SEAL_KEY_BYTES))

const nonce = (piece: number): Buffer => {
  const bytes = Buffer.alloc(NONCE_BYTES)
  bytes.writeUIntBE(piece, NONCE_BYTES - 6, 6)
  return bytes
}
