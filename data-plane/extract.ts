import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Exchange } from './http/exchange.ts'
import { Pipeline } from './pipeline.ts'
import { CaptureFileError, readCapture } from './source/pcap.ts'
import { formatEndpoint } from './wire/address.ts'
import { Fragments } from './wire/fragments.ts'
import * as geneve from './wire/geneve.ts'
import * as link from './wire/link.ts'
import { decodeFrame, decodeNetwork, Packet, type PacketKind } from './wire/packet.ts'
import * as vxlan from './wire/vxlan.ts'

/**
 * Prints the HTTP exchanges of a capture file, plain or mirrored through VXLAN (in GENEVE too), one JSON object per line in order of first
 * byte: `extract FILE`.
 */

const MAX_BODY = 1 << 30

/** Every exchange of a capture, in order of first byte. Throws `CaptureFileError`, also where it is cut. */
export function exchangesOf(file: Buffer): Exchange[] {
  const { exchanges, cut } = captured(file)
  if (cut !== null) throw cut
  return exchanges
}

/** As much of a capture as is there. Throws `CaptureFileError` when it is none. */
export function captured(file: Buffer): { exchanges: Exchange[]; cut: CaptureFileError | null } {
  const exchanges: Exchange[] = []
  const limits = { requestBodyBytes: MAX_BODY, responseBodyBytes: MAX_BODY, totalBodyBytes: MAX_BODY }
  const handler = {
    onRequest: () => undefined,
    onExchange: (exchange: Exchange) => void exchanges.push(exchange),
  }
  const pipeline = new Pipeline(handler, { limits })
  const packet = new Packet()
  const fragments = new Fragments()

  let now = 0
  let cut: CaptureFileError | null = null
  try {
    for (const { at, linkType, data: b } of readCapture(file)) {
      now = Math.max(now, at)
      packet.vni = -1
      const kind = decode(packet, fragments, linkType, b, at)
      const length = packet.end - packet.start
      if (isTo(packet, kind, vxlan.PORT) && isVxlan(packet.buffer, packet.start, length))
        pipeline.datagram(packet.buffer, packet.start, length, 0, at)
      else if (isTo(packet, kind, geneve.PORT)) pipeline.geneve(packet.buffer, packet.start, length, at)
      else pipeline.decoded(packet, kind, at)
    }
  } catch (error) {
    if (!(error instanceof CaptureFileError) || now === 0) throw error
    cut = error
  }
  pipeline.close(now)
  return { exchanges: exchanges.sort((a, b) => firstByte(a) - firstByte(b)), cut }
}

function decode(packet: Packet, fragments: Fragments, linkType: number, b: Buffer, at: number): PacketKind {
  if (linkType === link.ETHERNET) return decodeFrame(packet, fragments, b, 0, b.length, at)
  const network = link.network(linkType, b, 0, b.length)
  if (network === null) return 'cut'
  return decodeNetwork(packet, fragments, network.etherType, b, network.offset, network.end, at)
}

const isTo = (packet: Packet, kind: PacketKind, port: number): boolean =>
  kind === 'udp' && packet.destinationPort === port

const isVxlan = (b: Buffer, start: number, length: number): boolean =>
  vxlan.isLongEnough(length) && vxlan.hasVni(b, start)

const firstByte = ({ request, response }: Exchange): number => request?.firstAt ?? response?.firstAt ?? 0

/** The shape of one line. Absent halves are null. */
export function lineOf(exchange: Exchange): Record<string, unknown> {
  const { connection, request, response } = exchange
  return {
    vni: connection.vni,
    conn: connection.id,
    kind: (request ?? response)?.kind ?? null,
    client: formatEndpoint(connection.client.address, connection.client.port),
    server: formatEndpoint(connection.server.address, connection.server.port),
    method: request?.method ?? null,
    uri: request?.target ?? null,
    version: request?.version ?? null,
    host: request?.host ?? null,
    reqBodyLen: request?.bodyLength ?? null,
    reqBodySha256: request === null ? null : sha256(request.body),
    reqComplete: request?.complete ?? null,
    status: response?.status ?? null,
    respVersion: response?.version ?? null,
    respBodyLen: response?.bodyLength ?? null,
    respBodySha256: response === null ? null : sha256(response.body),
    respComplete: response?.complete ?? null,
    interim: response?.interim ?? [],
  }
}

const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex')

async function main(args: readonly string[]): Promise<number> {
  const [path, ...rest] = args
  if (path === undefined || rest.length > 0 || path.startsWith('-')) {
    console.error('usage: npm run --silent extract -- FILE.pcap')
    return 2
  }
  try {
    for (const exchange of exchangesOf(await readFile(path)))
      process.stdout.write(`${JSON.stringify(lineOf(exchange))}\n`)
    return 0
  } catch (error) {
    const isKnown = error instanceof CaptureFileError || (error instanceof Error && 'code' in error)
    if (!isKnown) throw error
    console.error(`${path}: ${error.message}`)
    return 1
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
