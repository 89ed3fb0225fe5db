/**
 * The receiver thread: it moves datagrams from the kernel into the ring and does nothing else, so that no pause of the
 * working thread reaches the kernel's buffers. Fargate leaves a socket's buffer at about 208 KiB, a few milliseconds of
 * traffic: the thread has several sockets, so that it may itself be kept from running for some times that.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import koffi from 'koffi'
import {
  type BoundSockets,
  EAGAIN,
  EINTR,
  IOVEC_BYTES,
  type Libc,
  loadLibc,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  SO_RXQ_OVFL,
  SO_TIMESTAMPNS,
  SOCKADDR_BYTES,
} from './libc.ts'
import {
  HEAD,
  LENGTH,
  META_WORDS,
  NANOSECONDS,
  ORIGIN,
  OVERFLOW,
  RECEIVER_NAME,
  type ReceiverData,
  type ReceiverReady,
  RING_FULL,
  SECONDS,
  SLOT_BYTES,
  SLOTS,
  SOURCE,
  STOP,
  slotOf,
  TAIL,
} from './ring.ts'

/** Messages asked of the kernel in one call. */
const BATCH = 256
/** Batches by time: sleeping a moment between calls costs half of what being woken for each datagram costs. */
const SLEEP_MS = 1
/** Each holds 208 KiB: some 90 packets of a MTU of 1,500, or 12 jumbo frames. A look at one that is empty takes 1 us. */
const SOCKETS = 4
/** After so many empty looks the kernel is asked to wake the thread instead. */
const EMPTY_LOOKS = 50
/** Bound on how long a receiver that sleeps in the kernel takes to see that it should stop. */
const QUIET_MS = 100
/** Once stopped, the kernel's buffer is emptied, but not for longer than this under traffic that goes on. */
const LAST_LOOK_MS = 30
/** How long a stopped receiver waits for a working thread that does not work, in waits of a millisecond. */
const RING_FULL_MS_MAX = 2_000
/** Errors in a row that are no longer taken for passing ones (ENOMEM, ENOBUFS). */
const ERRORS_MAX = 100

/** Room per message for what the kernel says about it: arrival time and overflow counter, 56 bytes. */
const CONTROL_BYTES = 64

const HEADER_WORDS = MMSGHDR_BYTES / 4
const NAME_LENGTH_WORD = 2
const CONTROL_LENGTH_WORD = 10
const MESSAGE_LENGTH_WORD = 14

/**
 * All memory whose raw address the kernel is given, for as long as the socket lives: a raw address keeps nothing from
 * being collected.
 */
type KernelMemory = {
  slots: Buffer
  vectors: Buffer
  names: Buffer
  control: Buffer
  headers: Buffer
  /** The headers from each slot on: allocated once, never per call. */
  headersFrom: Buffer[]
}

const layOut = (libc: Libc, ring: SharedArrayBuffer): KernelMemory => {
  const slots = Buffer.from(ring)
  const vectors = Buffer.alloc(SLOTS * IOVEC_BYTES)
  const names = Buffer.alloc(SLOTS * SOCKADDR_BYTES)
  const control = Buffer.alloc(SLOTS * CONTROL_BYTES)
  const headers = Buffer.alloc(SLOTS * MMSGHDR_BYTES)
  const [slotsAt, vectorsAt, namesAt, controlAt] = [slots, vectors, names, control].map(libc.address) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  for (let slot = 0; slot < SLOTS; slot++) {
    const index = BigInt(slot)
    vectors.writeBigUInt64LE(slotsAt + index * BigInt(SLOT_BYTES), slot * IOVEC_BYTES)
    vectors.writeBigUInt64LE(BigInt(SLOT_BYTES), slot * IOVEC_BYTES + 8)
    const header = slot * MMSGHDR_BYTES
    headers.writeBigUInt64LE(namesAt + index * BigInt(SOCKADDR_BYTES), header)
    headers.writeUInt32LE(SOCKADDR_BYTES, header + 8)
    headers.writeBigUInt64LE(vectorsAt + index * BigInt(IOVEC_BYTES), header + 16)
    headers.writeBigUInt64LE(1n, header + 24)
    headers.writeBigUInt64LE(controlAt + index * BigInt(CONTROL_BYTES), header + 32)
    headers.writeBigUInt64LE(BigInt(CONTROL_BYTES), header + 40)
  }
  const headersFrom = Array.from({ length: SLOTS }, (_, slot) => headers.subarray(slot * MMSGHDR_BYTES))
  return { slots, vectors, names, control, headers, headersFrom }
}

const receive = (libc: Libc, sockets: BoundSockets, data: ReceiverData): void => {
  const memory = layOut(libc, data.ring.slots)
  const meta = new Uint32Array(data.ring.meta)
  const words = new Int32Array(data.ring.control)
  const headers = new Uint32Array(memory.headers.buffer, memory.headers.byteOffset, SLOTS * HEADER_WORDS)
  const control = new Uint32Array(
    memory.control.buffer,
    memory.control.byteOffset,
    (SLOTS * CONTROL_BYTES) / 4,
  )

  /** What each socket has dropped so far. */
  const drops = sockets.fds.map(() => 0)
  const noteDrops = (socket: number, count: number) => {
    words[OVERFLOW] = ((words[OVERFLOW] as number) + count - (drops[socket] as number)) | 0
    drops[socket] = count
  }

  /** Reads what the kernel said about the message in this slot and makes its header ready for the next one. */
  const describe = (slot: number, socket: number) => {
    const header = slot * HEADER_WORDS
    const about = slot * META_WORDS
    meta[about + LENGTH] = headers[header + MESSAGE_LENGTH_WORD] as number
    meta[about + SOURCE] = memory.names.readUInt32BE(slot * SOCKADDR_BYTES + 4)
    // struct cmsghdr: length (8 bytes), level (4), type (4), data; the next one begins at a multiple of 8.
    const from = slot * (CONTROL_BYTES / 4)
    const end = from + (headers[header + CONTROL_LENGTH_WORD] as number) / 4
    for (let at = from; at + 4 < end; ) {
      const type = control[at + 3]
      if (type === SO_TIMESTAMPNS) {
        meta[about + SECONDS] = control[at + 4] as number
        meta[about + NANOSECONDS] = control[at + 6] as number
      } else if (type === SO_RXQ_OVFL) noteDrops(socket, control[at + 4] as number)
      const length = control[at] as number
      if (length < 16) break
      at += ((length + 7) & ~7) / 4
    }
    headers[header + NAME_LENGTH_WORD] = SOCKADDR_BYTES
    headers[header + CONTROL_LENGTH_WORD] = CONTROL_BYTES
  }

  /** A datagram tells of those that were dropped before it; of the last ones only the socket does. */
  const countDrops = () => {
    for (const [socket, fd] of sockets.fds.entries()) {
      const count = libc.drops(fd)
      if (count !== null) noteDrops(socket, count)
    }
  }

  let head = 0
  let origin = 0
  /** Slots that can be filled in one call. */
  const room = (): number => {
    const tail = Atomics.load(words, TAIL)
    if (tail === head && origin !== head) {
      origin = head
      Atomics.store(words, ORIGIN, origin)
    }
    return Math.min(BATCH, SLOTS - ((head - tail) | 0), SLOTS - slotOf(head, origin))
  }

  let errors = 0
  /** Moves what a socket has into the ring, at most one batch. */
  const look = (socket: number): 'empty' | 'some' | 'more' | 'full' => {
    const wanted = room()
    if (wanted === 0) return 'full'
    const slot = slotOf(head, origin)
    const into = memory.headersFrom[slot] as Buffer
    const count = libc.recvmmsg(sockets.fds[socket] as number, into, wanted, MSG_DONTWAIT)
    if (count <= 0) {
      if (count !== -EAGAIN && count !== -EINTR && ++errors > ERRORS_MAX)
        throw new Error(`recvmmsg: errno ${-count}`)
      return count === -EINTR ? 'some' : 'empty'
    }
    errors = 0
    for (let i = slot; i < slot + count; i++) describe(i, socket)
    head = (head + count) | 0
    Atomics.store(words, HEAD, head)
    return count < wanted ? 'some' : 'more'
  }

  let emptyLooks = 0
  let until = 0
  let ringFullMs = 0
  for (;;) {
    const stopping = Atomics.load(words, STOP) !== 0
    if (stopping) {
      const now = performance.now()
      if (until === 0) until = now + LAST_LOOK_MS
      if (now >= until) break
    }
    const before = head
    let isEmpty = true
    let isMore = false
    let isFull = false
    for (let socket = 0; socket < sockets.fds.length && !isFull; socket++) {
      const found = look(socket)
      isEmpty &&= found === 'empty'
      isMore ||= found === 'more'
      isFull = found === 'full'
    }
    if (head !== before) Atomics.notify(words, HEAD)
    if (isFull) {
      words[RING_FULL] = (words[RING_FULL] as number) + 1
      Atomics.wait(words, TAIL, Atomics.load(words, TAIL), SLEEP_MS)
      // What the kernel holds was received: the last look begins when there is room for it.
      if (stopping && ringFullMs++ < RING_FULL_MS_MAX) until = 0
    } else if (isEmpty) {
      if (stopping) break
      if (++emptyLooks > EMPTY_LOOKS) {
        countDrops()
        libc.waitForOne(sockets, QUIET_MS)
      } else Atomics.wait(words, STOP, 0, SLEEP_MS)
    } else {
      emptyLooks = 0
      if (!isMore) Atomics.wait(words, STOP, 0, SLEEP_MS)
    }
  }
  countDrops()
}

/** Of a thread that may give way to this one: a third of its weight when both want the processor (sched(7)). */
const HELD_BACK_NICENESS = 5

/** Nobody needs a right to make their own threads nicer: all of the process but its receivers, V8’s helpers too. */
const holdBackOthers = (): void => {
  for (const id of readdirSync('/proc/self/task')) {
    try {
      const name = readFileSync(`/proc/self/task/${id}/comm`, 'latin1').trim()
      if (name !== RECEIVER_NAME) setPriority(Number(id), HELD_BACK_NICENESS)
    } catch {
      // It ended between the two looks.
    }
  }
}

const run = (data: ReceiverData) => {
  const libc = loadLibc(koffi)
  if (!libc.preferThisThread()) holdBackOthers()
  const sockets = libc.bindUdp(data.host, data.port, SOCKETS, data.shared)
  const { address, port } = sockets
  parentPort?.postMessage({ address, port } satisfies ReceiverReady)
  try {
    receive(libc, sockets, data)
  } finally {
    for (const fd of sockets.fds) libc.close(fd)
  }
}

run(workerData as ReceiverData)
