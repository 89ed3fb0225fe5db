import { REDACTION_KEY_BYTES } from '../../contract/redaction.ts'

/** A new key for an experiment’s pseudonyms, in base64. */
export const redactionKey = (randomBytes: (size: number) => Uint8Array): string =>
  Buffer.from(randomBytes(REDACTION_KEY_BYTES)).toString('base64')
