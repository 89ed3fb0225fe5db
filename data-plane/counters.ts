import type { IncompleteReason } from './http/exchange.ts'
import { DurationSketch } from './telemetry/duration-sketch.ts'
import type { GeneveKind } from './wire/geneve-tunnel.ts'
import type { PacketKind } from './wire/packet.ts'

/**
 * Everything the packet path counts, as plain fields: cumulative, never reset.
 *
 * Conservation: every datagram is in exactly one of `datagrams`, every frame (accepted datagrams, and frames given
 * directly) in one of `packets`, every TCP packet in one of `segments`, every request whose first byte was seen in one of
 * `requests`, every response in one of `responses`. Payload bytes: `received` = `delivered` + `skipped` + `duplicate` +
 * `ignored` + `after_end` + `out_of_window` + what is held behind holes at the moment.
 */
export type Counters = {
  datagrams: Record<DatagramOutcome, number>
  packets: Record<PacketOutcome, number>
  segments: Record<SegmentOutcome, number>
  /** Of the segments of kind `data`: those whose tail the capture had cut off. */
  truncatedSegments: number
  bytes: Record<ByteOutcome, number>
  connections: Record<ConnectionOutcome, number>
  /** From SYN to SYN-ACK, of connections of which both were captured. */
  handshakes: DurationSketch
  requests: Record<MessageOutcome, number>
  responses: Record<MessageOutcome, number>
  /** Exchanges by what was proven about them. */
  exchanges: { paired: number; requestOnly: number; responseOnly: number }
}

/** `accepted` datagrams go on as frames. */
export type DatagramOutcome = 'accepted' | 'short' | 'not_vxlan' | 'refused' | Exclude<GeneveKind, 'vxlan'>

/**
 * `tcp` packets go on as segments. `other_end`: its connection is mirrored at both of its ends, and the copy of the other
 * end is the one that is read.
 */
export type PacketOutcome = PacketKind | 'other_port' | 'other_end'

/**
 * - `data`: had new bytes
 * - `control`: had no payload
 * - `duplicate`: all its bytes were there already, or were given up as a gap
 * - `duplicate_vni`: the connection is mirrored at both ends, and another copy of the segment was read: all its bytes were
 *   there already, or it has none and its VNI is not the connection's first
 * - `after_end`: its connection had ended
 * - `ignored`: its connection does not carry HTTP (any more)
 * - `stray`: a reset for a connection that is not known
 * - `out_of_window`: too far from where its connection is
 */
export type SegmentOutcome =
  | 'data'
  | 'control'
  | 'duplicate'
  | 'duplicate_vni'
  | 'after_end'
  | 'ignored'
  | 'stray'
  | 'out_of_window'

/**
 * - `delivered`: read as messages
 * - `skipped`: came in order, where no message could be proven to start
 * - `gap`: sent but not captured; these are in no other count
 */
export type ByteOutcome =
  | 'received'
  | 'delivered'
  | 'skipped'
  | 'duplicate'
  | 'ignored'
  | 'after_end'
  | 'out_of_window'
  | 'gap'

export type ConnectionOutcome = 'opened' | 'fin' | 'reset' | 'idle' | 'evicted' | 'reused' | 'capture_end'

/**
 * - `complete`: handed on
 * - `ambiguous`: two readers may disagree where it ends (RFC 9112 6.3, 11.2): held back
 * - `malformed`: starts like a message, but its head is none
 * - `unproven`: looked like one where no message could be proven to start: after a gap, or joined in the middle
 * - the rest: incomplete, see `IncompleteReason`
 */
export type MessageOutcome = 'complete' | 'ambiguous' | 'malformed' | 'unproven' | IncompleteReason

const messages = (): Record<MessageOutcome, number> => ({
  complete: 0,
  ambiguous: 0,
  malformed: 0,
  unproven: 0,
  gap: 0,
  closed: 0,
  reset: 0,
  idle: 0,
  too_large: 0,
  evicted: 0,
  protocol: 0,
})

export const newCounters = (): Counters => ({
  datagrams: {
    accepted: 0,
    short: 0,
    not_vxlan: 0,
    refused: 0,
    not_geneve: 0,
    geneve_fragment: 0,
    geneve_other: 0,
  },
  packets: {
    tcp: 0,
    udp: 0,
    cut: 0,
    not_ip: 0,
    malformed: 0,
    fragment: 0,
    fragment_dropped: 0,
    other_transport: 0,
    other_port: 0,
    other_end: 0,
  },
  segments: {
    data: 0,
    control: 0,
    duplicate: 0,
    duplicate_vni: 0,
    after_end: 0,
    ignored: 0,
    stray: 0,
    out_of_window: 0,
  },
  truncatedSegments: 0,
  bytes: {
    received: 0,
    delivered: 0,
    skipped: 0,
    duplicate: 0,
    ignored: 0,
    after_end: 0,
    out_of_window: 0,
    gap: 0,
  },
  connections: { opened: 0, fin: 0, reset: 0, idle: 0, evicted: 0, reused: 0, capture_end: 0 },
  handshakes: new DurationSketch(),
  requests: messages(),
  responses: messages(),
  exchanges: { paired: 0, requestOnly: 0, responseOnly: 0 },
})
