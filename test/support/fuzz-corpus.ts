import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readCapture } from '../../data-plane/source/pcap.ts'
import { vxlanPayload } from '../../data-plane/wire/emit.ts'
import { Fragments } from '../../data-plane/wire/fragments.ts'
import * as link from '../../data-plane/wire/link.ts'
import { decodeFrame, Packet } from '../../data-plane/wire/packet.ts'
import { Conversation } from './conversation.ts'
import { http2Talk } from './http2-talk.ts'

/** Captured traffic with what is in it, kept beside the repository. */
const CAPTURES = fileURLToPath(new URL('../../../shared/corpus/vxlan/', import.meta.url))
export const HAS_CAPTURES = existsSync(CAPTURES)

/** What was said on one connection, in order. */
export type Talk = { from: 'client' | 'server'; bytes: Buffer }[]

const text = (from: 'client' | 'server', bytes: string) => ({ from, bytes: Buffer.from(bytes, 'latin1') })

const OWN: Talk[] = [
  [
    text(
      'client',
      'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n',
    ),
    text('server', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    text('client', 'GET /h2c HTTP/1.1\r\nUpgrade: h2c\r\n\r\n'),
    text('server', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n'),
    text('client', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
    text('server', '\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x05\0\0\0\x01\x88'),
  ],
  [
    text('client', 'PUT /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'),
    text('server', 'HTTP/1.1 100 Continue\r\n\r\n'),
    text('client', 'hello'),
    text('server', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n'),
    text('client', 'HEAD /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n'),
    text('server', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n'),
    text('client', 'GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    text('server', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05GET /'),
  ],
  [text('client', 'GET /close HTTP/1.0\r\n\r\n'), text('server', 'HTTP/1.0 200 OK\r\n\r\nto the end')],
  http2Talk(1, 6).steps,
  http2Talk(2, 3, { resets: true }).steps,
]

/** Connections to start from: our own, and those of the captures where they are. */
export function fuzzTalks(): Talk[] {
  if (!HAS_CAPTURES) return OWN
  const found = readdirSync(CAPTURES).flatMap((name) => talksOf(readFileSync(`${CAPTURES}/${name}`)))
  return [...OWN, ...found.filter((talk) => talk.length > 0 && talk.length < 60)]
}

/** Datagrams to start from. */
export function fuzzDatagrams(): Buffer[] {
  const own = [{}, { client: 'fd00::1', server: 'fd00::2' }].flatMap((ends) =>
    OWN.flatMap((talk) => {
      const c = new Conversation(ends).open()
      for (const { from, bytes } of talk) c.say(from, bytes)
      return c.finish().packets.map(({ frame }) => vxlanPayload(9, frame))
    }),
  )
  if (!HAS_CAPTURES) return own
  const captured = readdirSync(CAPTURES).flatMap((name) =>
    [...datagramsOf(readFileSync(`${CAPTURES}/${name}`))].filter(({ length }) => length < 3_000),
  )
  return [...own, ...captured]
}

function* datagramsOf(file: Buffer): Generator<Buffer> {
  const packet = new Packet()
  const fragments = new Fragments()
  for (const { linkType, data, at } of readCapture(file)) {
    if (linkType !== link.ETHERNET) continue
    if (decodeFrame(packet, fragments, data, 0, data.length, at) !== 'udp') continue
    yield Buffer.from(packet.buffer.subarray(packet.start, packet.end))
  }
}

function talksOf(file: Buffer): Talk[] {
  const packet = new Packet()
  const fragments = new Fragments()
  const talks = new Map<string, { talk: Talk; client: string }>()
  for (const datagram of datagramsOf(file)) {
    if (decodeFrame(packet, fragments, datagram, 8, datagram.length, 0) !== 'tcp') continue
    const bytes = Buffer.from(packet.buffer.subarray(packet.start, packet.end))
    if (bytes.length === 0) continue
    const from = `${packet.source0} ${packet.source3} ${packet.sourcePort}`
    const to = `${packet.destination0} ${packet.destination3} ${packet.destinationPort}`
    const key = [from, to].sort().join()
    const known = talks.get(key) ?? { talk: [], client: from }
    talks.set(key, known)
    known.talk.push({ from: known.client === from ? 'client' : 'server', bytes })
  }
  return [...talks.values()].map(({ talk }) => talk)
}
