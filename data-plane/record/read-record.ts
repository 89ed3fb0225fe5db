import { gunzipSync } from 'node:zlib'
import { isCapture, readCaptured } from './capture.ts'
import { isGoReplay, readGoReplay } from './goreplay.ts'
import { isHar, readHar } from './har-reader.ts'
import { isNative, readNative } from './native.ts'
import { type RecordContent, RecordFileError } from './record-content.ts'
import { isSealed, unsealed } from './sealed-file.ts'

const GZIP = 0x1f8b
/** A small file may stand for gigabytes. */
const UNZIPPED_BYTES_MAX = 2_000_000_000

/**
 * What a file of recorded traffic holds, whatever its format; encryption and gzip are undone. Throws `RecordFileError`.
 *
 * @param key of an encrypted record
 */
export const readRecord = (stored: Buffer, key: Buffer | null = null): RecordContent => {
  if (!isSealed(stored)) return readPlain(stored)
  const { bytes, cut } = unsealed(stored, key)
  const content = readPlain(bytes)
  return { ...content, cut: content.cut ?? cut }
}

const readPlain = (given: Buffer): RecordContent => {
  const file = given.length >= 2 && given.readUInt16BE(0) === GZIP ? unzipped(given) : given
  if (isCapture(file)) return readCaptured(file)
  if (isNative(file)) return readNative(file)
  if (isHar(file)) return readHar(file)
  if (isGoReplay(file)) return readGoReplay(file)
  throw new RecordFileError('is no record of a gateway, capture (pcap, pcapng), HAR or file of GoReplay')
}

const unzipped = (file: Buffer): Buffer => {
  try {
    return gunzipSync(file, { maxOutputLength: UNZIPPED_BYTES_MAX })
  } catch (error) {
    throw new RecordFileError(`gzip: ${(error as Error).message}`)
  }
}
