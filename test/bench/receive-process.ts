/**
 * Receives datagrams in one of several ways and does a part of the gateway's work with them, a process of its own.
 * Arguments: how it receives, what it does. Its parent asks for the counts.
 */

import { newCounters } from '../../data-plane/counters.ts'
import { HTTP_LIMITS } from '../../data-plane/http/limits.ts'
import { HttpStreams } from '../../data-plane/http/streams.ts'
import type { DatagramHandler, SourceOptions } from '../../data-plane/source/datagram-source.ts'
import { openThreadSource } from '../../data-plane/source/thread.ts'
import { openUdpSource } from '../../data-plane/source/udp.ts'
import { Assembler } from '../../data-plane/tcp/assembler.ts'
import { TCP_LIMITS } from '../../data-plane/tcp/limits.ts'
import type { StreamHandler } from '../../data-plane/tcp/stream-handler.ts'
import { Fragments } from '../../data-plane/wire/fragments.ts'
import { decodeFrame, Packet } from '../../data-plane/wire/packet.ts'
import * as vxlan from '../../data-plane/wire/vxlan.ts'

/** As often as the gateway looks at its timers. */
const SWEEP_MS = 50

export type Receiving = 'thread' | 'dgram'
export type Work = 'count' | 'reassemble' | 'parse'
export type ReceiveCounts = { datagrams: number; lost: number; streamBytes: number; requests: number }

const [receiving, work] = process.argv.slice(2) as [Receiving, Work]
const result: ReceiveCounts = { datagrams: 0, lost: 0, streamBytes: 0, requests: 0 }
const counters = newCounters()

const counting: DatagramHandler = () => {
  result.datagrams++
}

/** As the gateway does it: headers read in place, segments put in order. */
const decoding = <App>(assembler: Assembler<App>): DatagramHandler => {
  const packet = new Packet()
  const fragments = new Fragments()
  let sweptAt = 0
  return (b, offset, length, _source, at) => {
    result.datagrams++
    if (at - sweptAt >= SWEEP_MS) {
      sweptAt = at
      assembler.sweep(at)
    }
    if (!vxlan.isLongEnough(length) || !vxlan.hasVni(b, offset)) return
    packet.vni = vxlan.vni(b, offset)
    const kind = decodeFrame(packet, fragments, b, offset + vxlan.HEADER_LENGTH, offset + length, at)
    if (kind === 'tcp') assembler.segment(packet, at)
  }
}

const reassembling = (): DatagramHandler => {
  const handler: StreamHandler<never> = {
    data: (_c, _side, _b, start, end) => {
      result.streamBytes += end - start
    },
    gap: () => {},
    end: () => {},
    closed: () => {},
  }
  return decoding(new Assembler(handler, TCP_LIMITS, counters))
}

const parsing = (): DatagramHandler => {
  const exchanges = {
    onRequest: () => {
      result.requests++
    },
    onExchange: () => {},
  }
  const streams = new HttpStreams(
    exchanges,
    { ...TCP_LIMITS, ...HTTP_LIMITS },
    counters,
    { used: 0, limit: HTTP_LIMITS.totalBodyBytes },
    (c) => assembler.ignore(c),
  )
  const assembler = new Assembler(streams, TCP_LIMITS, counters)
  return decoding(assembler)
}

const handlers: Record<Work, () => DatagramHandler> = {
  count: () => counting,
  reassemble: reassembling,
  parse: parsing,
}
const options: SourceOptions = {
  host: '127.0.0.1',
  port: 0,
  shared: false,
  onDatagram: handlers[work](),
  onFailure: (error) => {
    throw error
  },
}
const source = await (receiving === 'thread' ? openThreadSource : openUdpSource)(options)
process.on('message', () => {
  result.lost = source.losses().kernelOverflow ?? 0
  process.send?.(result)
})
process.once('disconnect', () => process.exit())
process.send?.(source.port)
