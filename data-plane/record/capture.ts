import { captured } from '../extract.ts'
import { CaptureFileError } from '../source/pcap.ts'
import { type RecordContent, RecordFileError } from './record-content.ts'
import { type Recorded, requestFrom } from './recorded.ts'

const MAGICS = new Set([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a])

/** pcap and pcapng begin with one of five words. */
export const isCapture = (file: Buffer): boolean => file.length >= 4 && MAGICS.has(file.readUInt32BE(0))

/** The exchanges of a capture, up to where it is cut. Throws `RecordFileError`. */
export const readCaptured = (file: Buffer): RecordContent => {
  try {
    const { exchanges, cut } = captured(file)
    const skipped: Record<string, number> = {}
    const recorded: Recorded[] = []
    for (const { request, response } of exchanges) {
      const why =
        request === null ? 'answers without a request' : request.complete ? null : 'incomplete requests'
      if (request === null || why !== null) skipped[why as string] = (skipped[why as string] ?? 0) + 1
      else
        recorded.push({
          request: requestFrom(request),
          production: response?.complete ? response : null,
          shadow: null,
        })
    }
    return { format: 'pcap', redacted: false, exchanges: recorded, skipped, cut: cut?.message ?? null }
  } catch (error) {
    if (error instanceof CaptureFileError) throw new RecordFileError(error.message)
    throw error
  }
}
