import type { Connections } from './connections.ts'
import type { Forward } from './forward.ts'
import type { Line } from './line.ts'
import type { QueueLimits } from './request-queue.ts'
import { SOURCE_IDLE_MS } from './shadow.ts'

/** The requests of one source connection: one under way, the others behind it in their order. */
type Lane = {
  /** The id of the source connection. */
  readonly source: number
  readonly waiting: Set<Forward>
  connection: Connections | null
  isTaken: boolean
  usedAt: number
}

/**
 * A connection to the shadow for every source connection, so that its requests arrive in their order. At most so many at
 * once: then the one that has been idle for longest gives way, and while none is idle what needs a further one waits.
 */
export class SourceLines implements Line {
  readonly #connect: () => Connections
  readonly #connections: number
  readonly #limits: QueueLimits
  readonly #onDropped: (forward: Forward) => void
  readonly #lanes = new Map<number, Lane>()
  /** All that wait, oldest first. */
  readonly #waiting = new Set<Forward>()
  /** Lanes where something waits and nothing is under way, longest first. */
  readonly #ready = new Set<Lane>()
  /** Lanes with a connection that is not used, longest first. */
  readonly #idle = new Set<Lane>()
  #bytes = 0
  #open = 0

  constructor(
    connect: () => Connections,
    connections: number,
    limits: QueueLimits,
    onDropped: (forward: Forward) => void,
  ) {
    this.#connect = connect
    this.#connections = connections
    this.#limits = limits
    this.#onDropped = onDropped
  }

  get length(): number {
    return this.#waiting.size
  }

  get bytes(): number {
    return this.#bytes
  }

  isFree({ request }: Forward): boolean {
    const lane = this.#lanes.get(request.connection.id)
    if (lane?.isTaken || (lane && lane.waiting.size > 0)) return false
    return (lane?.connection ?? null) !== null || this.#hasRoom()
  }

  push(forward: Forward): void {
    const { requests, bytes } = this.#limits
    while (this.#waiting.size > 0 && (this.#waiting.size >= requests || this.#bytes + forward.size > bytes))
      this.#onDropped(this.shift() as Forward)
    if (forward.size > bytes) {
      this.#onDropped(forward)
      return
    }
    const lane = this.#laneOf(forward)
    lane.waiting.add(forward)
    this.#waiting.add(forward)
    this.#bytes += forward.size
    this.#place(lane)
  }

  next(): Forward | undefined {
    for (const lane of this.#ready) {
      if (lane.connection === null && !this.#hasRoom()) continue
      const [forward] = lane.waiting
      if (forward) this.#remove(forward)
      return forward
    }
    return undefined
  }

  shift(): Forward | undefined {
    const [oldest] = this.#waiting
    if (oldest) this.#remove(oldest)
    return oldest
  }

  take(forward: Forward): void {
    const lane = this.#laneOf(forward)
    lane.isTaken = true
    this.#place(lane)
    if (lane.connection !== null) return
    if (this.#open >= this.#connections) this.#closeLongestIdle()
    lane.connection = this.#connect()
    this.#open++
  }

  send(forward: Forward): void {
    this.#laneOf(forward).connection?.send(forward)
  }

  release(forward: Forward): void {
    const lane = this.#laneOf(forward)
    lane.isTaken = false
    lane.usedAt = performance.now()
    this.#place(lane)
  }

  expire(now: number): void {
    for (const lane of this.#idle) {
      if (now - lane.usedAt < SOURCE_IDLE_MS) return
      this.#close(lane)
    }
  }

  destroy(): void {
    for (const lane of [...this.#lanes.values()]) if (lane.connection) this.#close(lane)
  }

  #hasRoom(): boolean {
    return this.#open < this.#connections || this.#idle.size > 0
  }

  #laneOf({ request }: Forward): Lane {
    const source = request.connection.id
    let lane = this.#lanes.get(source)
    if (!lane) {
      lane = { source, waiting: new Set(), connection: null, isTaken: false, usedAt: 0 }
      this.#lanes.set(source, lane)
    }
    return lane
  }

  #remove(forward: Forward): void {
    const lane = this.#laneOf(forward)
    lane.waiting.delete(forward)
    this.#waiting.delete(forward)
    this.#bytes -= forward.size
    this.#place(lane)
  }

  /** Puts a lane where it belongs after a change; one without anything is forgotten. */
  #place(lane: Lane): void {
    const isReady = !lane.isTaken && lane.waiting.size > 0
    const isIdle = !lane.isTaken && lane.waiting.size === 0 && lane.connection !== null
    if (isReady) this.#ready.add(lane)
    else this.#ready.delete(lane)
    if (isIdle) this.#idle.add(lane)
    else this.#idle.delete(lane)
    if (!lane.isTaken && lane.waiting.size === 0 && lane.connection === null) this.#lanes.delete(lane.source)
  }

  #closeLongestIdle(): void {
    const [lane] = this.#idle
    if (lane) this.#close(lane)
  }

  #close(lane: Lane): void {
    const { connection } = lane
    if (connection === null) return
    lane.connection = null
    this.#open--
    connection.destroy()
    this.#place(lane)
  }
}
