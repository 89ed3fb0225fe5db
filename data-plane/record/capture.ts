import { captured } from '../extract.ts'
import { CaptureFileError, writePcap } from '../source/pcap.ts'
import { formatEndpoint } from '../wire/address.ts'
import * as link from '../wire/link.ts'
import { answerText, requestText } from './message-text.ts'
import { type RecordContent, RecordFileError } from './record-content.ts'
import { type Recorded, requestFrom } from './recorded.ts'
import { SyntheticLine, type TimedPacket } from './synthetic-line.ts'
import { addSkipped, type Written } from './written.ts'

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
      if (request === null) addSkipped(skipped, 'answers without a request')
      else if (!request.complete) addSkipped(skipped, 'incomplete requests')
      else {
        const production = response?.complete ? response : null
        recorded.push({ request: requestFrom(request), production, shadow: null })
      }
    }
    return { format: 'pcap', redacted: false, exchanges: recorded, skipped, cut: cut?.message ?? null }
  } catch (error) {
    if (error instanceof CaptureFileError) throw new RecordFileError(error.message)
    throw error
  }
}

/**
 * A capture of the exchanges with production: one TCP connection for each of theirs, with all it takes to read them back.
 * What was asked on a connection before the last answer had come follows that answer.
 */
export const writeCapture = (exchanges: readonly Recorded[]): Written => {
  const skipped: Record<string, number> = {}
  const connections = new Map<string, Recorded[]>()
  for (const exchange of exchanges) {
    const { connection, kind } = exchange.request
    if (kind === 'http2') {
      addSkipped(skipped, 'HTTP/2')
      continue
    }
    const key = `${connection.id} ${formatEndpoint(connection.client.address, connection.client.port)}`
    const others = connections.get(key)
    if (others) others.push(exchange)
    else connections.set(key, [exchange])
  }
  const packets: TimedPacket[] = []
  for (const list of connections.values()) {
    list.sort((a, b) => a.request.firstAt - b.request.firstAt)
    connectionPackets(list, packets)
  }
  packets.sort((a, b) => a.at - b.at)
  return { bytes: writePcap(link.ETHERNET, packets), skipped }
}

/** An answer that is not there could be taken for the next one: the connection ends, and a new one begins. */
const connectionPackets = (exchanges: readonly Recorded[], packets: TimedPacket[]): void => {
  let line: SyntheticLine | null = null
  for (const { request, production } of exchanges) {
    line ??= new SyntheticLine(request, packets)
    line.say('ingress', requestText(request), request)
    if (production !== null && production.body.length === production.bodyLength)
      line.say('egress', answerText(production, request.method), production)
    else {
      line.end()
      line = null
    }
  }
  line?.end()
}
