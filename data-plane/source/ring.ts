/**
 * Memory that the receiver thread (producer) and the working thread (consumer) share: slots for datagrams, a few words
 * about each, and control words. Head and tail count datagrams and wrap; origin is the count whose datagram is in slot 0.
 *
 *   consumer ──tail──▶ [filled ........ filled] ◀──head── producer
 *
 * Invariant: 0 <= (head - tail) | 0 <= SLOTS. Only the producer moves head and origin, only the consumer moves tail. The
 * producer begins at slot 0 again whenever nothing is in the ring, so that a consumer that keeps up finds what it reads in the
 * processor's cache, not spread over 38 MB. Nobody reads a slot then: the consumer looks at origin after it has seen a new head.
 */

/** At 20,000 packets a second this is 200 ms of a working thread that does not work. A power of two. */
export const SLOTS = 4096
/** More than a jumbo frame (9,001 bytes) with its VXLAN header. */
export const SLOT_BYTES = 9216

/** Words per slot: length, source address, seconds, nanoseconds. */
export const META_WORDS = 4
export const LENGTH = 0
export const SOURCE = 1
export const SECONDS = 2
export const NANOSECONDS = 3

/** Control words. */
export const HEAD = 0
export const TAIL = 1
export const STOP = 2
export const OVERFLOW = 3
export const RING_FULL = 4
export const ORIGIN = 5
const CONTROL_WORDS = 16

export type RingMemory = { slots: SharedArrayBuffer; meta: SharedArrayBuffer; control: SharedArrayBuffer }

export const createRing = (): RingMemory => ({
  slots: new SharedArrayBuffer(SLOTS * SLOT_BYTES),
  meta: new SharedArrayBuffer(SLOTS * META_WORDS * Uint32Array.BYTES_PER_ELEMENT),
  control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
})

/** Where the datagram of this count is. */
export const slotOf = (count: number, origin: number): number => (count - origin) & (SLOTS - 1)

/** Of the receiver thread, as the system shows it. */
export const RECEIVER_NAME = 'receiver'

/** What the receiver thread is started with, and what it says once its socket is bound. */
export type ReceiverData = { ring: RingMemory; host: string; port: number; shared: boolean }
export type ReceiverReady = { address: string; port: number }
