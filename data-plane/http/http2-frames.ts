/** Frames of one half of an HTTP/2 connection (RFC 9113 section 4), fed in pieces of any size. */

export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const PUSH_PROMISE = 5
export const CONTINUATION = 9

export const END_STREAM = 0x01
export const END_HEADERS = 0x04
export const PADDED = 0x08
export const PRIORITY = 0x20

const HEADER_LENGTH = 9
/** Only DATA is passed on in pieces; other frames are collected whole up to this. */
const MAX_FRAME = 1 << 20

export type FrameEvents = {
  /** A piece of a DATA frame's payload, with its padding taken off; `last` ends the frame. */
  data(stream: number, flags: number, b: Buffer, start: number, end: number, last: boolean, at: number): void
  /** Bytes of a DATA frame of this stream were never captured. */
  missing(stream: number): void
  /** Any other frame, whole. False when the connection cannot be followed any more. */
  frame(type: number, flags: number, stream: number, payload: Buffer, at: number): boolean
}

export class FrameReader {
  dead = false
  readonly #events: FrameEvents
  /** Bytes that must come before the first frame. */
  #preface: string
  readonly #header = Buffer.alloc(HEADER_LENGTH)
  #headerLength = 0
  #type = 0
  #flags = 0
  #stream = 0
  #remaining = 0
  #padding = -1
  #payload: Buffer | null = null
  #payloadLength = 0

  constructor(events: FrameEvents, preface: string) {
    this.#events = events
    this.#preface = preface
  }

  feed(b: Buffer, start: number, end: number, at: number): void {
    let i = start
    while (i < end && this.#preface !== '') {
      if (b[i++] !== this.#preface.charCodeAt(0)) this.dead = true
      this.#preface = this.#preface.slice(1)
    }
    while (i < end && !this.dead) {
      if (this.#headerLength < HEADER_LENGTH) {
        this.#header[this.#headerLength++] = b[i++] ?? 0
        if (this.#headerLength === HEADER_LENGTH) this.#begin(at)
        continue
      }
      i = this.#type === DATA ? this.#readData(b, i, end, at) : this.#readPayload(b, i, end, at)
    }
  }

  /** Bytes are missing. Only inside the payload of a DATA frame can frames be followed on. */
  gap(bytes: number, at: number): void {
    const isInData = this.#headerLength === HEADER_LENGTH && this.#type === DATA
    const isPaddingKnown = (this.#flags & PADDED) === 0 || this.#padding >= 0
    if (this.dead || !isInData || !isPaddingKnown || bytes > this.#remaining) {
      this.dead = true
      return
    }
    this.#events.missing(this.#stream)
    this.#remaining -= bytes
    if (this.#remaining === 0) this.#endData(at)
  }

  #begin(at: number): void {
    const h = this.#header
    this.#remaining = h.readUIntBE(0, 3)
    this.#type = h[3] ?? 0
    this.#flags = h[4] ?? 0
    this.#stream = h.readUInt32BE(5) & 0x7fffffff
    this.#padding = -1
    this.#payloadLength = 0
    if (this.#type !== DATA) {
      if (this.#remaining > MAX_FRAME) this.dead = true
      else this.#payload = Buffer.allocUnsafe(this.#remaining)
      if (this.#remaining === 0) this.#endFrame(at)
    } else if (this.#remaining === 0) this.#endData(at)
  }

  #readData(b: Buffer, from: number, end: number, at: number): number {
    let i = from
    if ((this.#flags & PADDED) !== 0 && this.#padding < 0) {
      this.#padding = b[i++] ?? 0
      this.#remaining--
      if (this.#padding > this.#remaining) {
        this.dead = true
        return end
      }
    }
    const take = Math.min(this.#remaining, end - i)
    const body = Math.min(take, Math.max(0, this.#remaining - Math.max(0, this.#padding)))
    if (body > 0) this.#events.data(this.#stream, this.#flags, b, i, i + body, false, at)
    this.#remaining -= take
    if (this.#remaining === 0) this.#endData(at)
    return i + take
  }

  #endData(at: number): void {
    this.#headerLength = 0
    this.#events.data(this.#stream, this.#flags, this.#header, 0, 0, true, at)
  }

  #readPayload(b: Buffer, from: number, end: number, at: number): number {
    const take = Math.min(this.#remaining, end - from)
    b.copy(this.#payload ?? this.#header, this.#payloadLength, from, from + take)
    this.#payloadLength += take
    this.#remaining -= take
    if (this.#remaining === 0) this.#endFrame(at)
    return from + take
  }

  #endFrame(at: number): void {
    const payload = this.#payload ?? Buffer.alloc(0)
    this.#headerLength = 0
    this.#payload = null
    if (!this.#events.frame(this.#type, this.#flags, this.#stream, payload, at)) this.dead = true
  }
}

/** Length of the payload that a frame of this type must have, or -1. */
const FIXED_LENGTH = [-1, -1, 5, 4, -1, -1, 8, -1, 4, -1]

/** Whether bytes are whole frames, one after the other: HTTP/2 joined in the middle. */
export function areFrames(b: Buffer, start: number, end: number): boolean {
  let i = start
  while (end - i >= HEADER_LENGTH) {
    const length = b.readUIntBE(i, 3)
    const type = b[i + 3] ?? 0
    const flags = b[i + 4] ?? 0
    const stream = b.readUInt32BE(i + 5)
    const fixed = FIXED_LENGTH[type]
    if (fixed === undefined || (fixed >= 0 && length !== fixed) || length > 1 << 14) return false
    if (stream > 0x7fffffff || (flags & ~0x2d) !== 0) return false
    const isOfConnection = type === 4 || type === 6 || type === 7
    if (type !== 8 && isOfConnection !== (stream === 0)) return false
    if (type === 4 && length % 6 !== 0) return false
    i += HEADER_LENGTH + length
  }
  return i === end && end > start
}
