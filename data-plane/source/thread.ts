import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type DatagramSource, type SourceOptions, TURN } from './datagram-source.ts'
import {
  createRing,
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

/** Turns by time: under traffic a look every so often costs a fraction of being woken for every batch. */
const TURN_MS = 2
/** After so many turns that found nothing the receiver wakes this thread instead. */
const EMPTY_TURNS = 5

/**
 * The receiver thread and its ring. Fails when koffi cannot be loaded (it is optional and Linux only) or the address
 * cannot be bound.
 */
export const openThreadSource = async ({
  host,
  port,
  shared,
  onDatagram,
  onTurn,
  onFailure,
}: SourceOptions): Promise<DatagramSource> => {
  const ring = createRing()
  const slots = Buffer.from(ring.slots)
  const meta = new Uint32Array(ring.meta)
  const words = new Int32Array(ring.control)
  const thread = new Worker(new URL('./receiver.ts', import.meta.url), {
    workerData: { ring, host, port, shared } satisfies ReceiverData,
    name: RECEIVER_NAME,
  })
  const [bound] = (await once(thread, 'message')) as [ReceiverReady]

  let stopping = false
  let ended = false
  const exited = new Promise<void>((resolve) => {
    thread.once('exit', () => {
      ended = true
      resolve()
    })
  })
  thread.on('error', (error: Error) => {
    if (!stopping) onFailure(error)
  })

  let tail = 0
  let looked = 0
  let emptyTurns = 0
  /** Hands over what is in the ring, at most one turn's worth; says whether something is left. */
  const drain = (): boolean => {
    const head = Atomics.load(words, HEAD)
    const origin = Atomics.load(words, ORIGIN)
    const waiting = (head - tail) | 0
    onTurn?.(waiting / SLOTS)
    const end = waiting > TURN ? (tail + TURN) | 0 : head
    while (tail !== end) {
      const slot = slotOf(tail, origin)
      const about = slot * META_WORDS
      const at = (meta[about + SECONDS] as number) * 1000 + (meta[about + NANOSECONDS] as number) / 1_000_000
      onDatagram(slots, slot * SLOT_BYTES, meta[about + LENGTH] as number, meta[about + SOURCE] as number, at)
      tail = (tail + 1) | 0
    }
    Atomics.store(words, TAIL, tail)
    return end !== head
  }
  const follow = () => {
    if (ended) return
    if (drain()) {
      setImmediate(follow)
      return
    }
    emptyTurns = tail === looked ? emptyTurns + 1 : 0
    looked = tail
    if (emptyTurns <= EMPTY_TURNS) {
      nextTurn.refresh()
      return
    }
    const change = Atomics.waitAsync(words, HEAD, tail)
    if (change.async) change.value.then(follow)
    else setImmediate(follow)
  }
  const nextTurn = setTimeout(follow, TURN_MS)

  return {
    kind: 'thread',
    address: bound.address,
    port: bound.port,
    losses: () => ({
      kernelOverflow: (words[OVERFLOW] as number) >>> 0,
      ringFull: (words[RING_FULL] as number) >>> 0,
    }),
    stop: async () => {
      if (!stopping) {
        stopping = true
        Atomics.store(words, STOP, 1)
        Atomics.notify(words, STOP)
      }
      await exited
      while (drain());
    },
  }
}
