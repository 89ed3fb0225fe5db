import { Worker as Thread } from 'node:worker_threads'
import { headerValue } from '../select/headers.ts'
import type { LargeBody, RedactedLargeBody } from './large-body.ts'
import type { LargeBodyAnswer } from './large-body-thread.ts'
import { ownBytes } from './own-bytes.ts'

export type LargeBodiesLimits = {
  /** Of bodies that wait or are being redacted, as they were captured. */
  bytes: number
  /** One that takes longer, and so much for each byte that is read, is given up with its thread: hostile ones cost no more. */
  bodyMs: number
  byteNs: number
  /** A thread that has nothing to do for so long is ended, and its memory free. */
  idleMs: number
  /** Of the thread’s heap; bodies and long values are outside of it. */
  heapMb: number
}

/** Ordinary text takes 20 ns a byte, one that is little else than addresses and numbers to replace 400. */
export const LARGE_BODIES_LIMITS: LargeBodiesLimits = {
  bytes: 128 << 20,
  bodyMs: 5_000,
  byteNs: 1_000,
  idleMs: 10_000,
  heapMb: 512,
}

/** Pieces are soon gone: V8 would let them fill a few dozen MB before it looks. */
const YOUNG_MB = 12

/** Null: it could not be read within the bounds. */
type Done = (redacted: RedactedLargeBody | null) => void
type Job = { large: LargeBody; bytes: number; done: Done }

/**
 * Redacts the large bodies of a worker, one at a time and in the order in which they came, in a thread that is started for
 * the first one. What it may hold and how long it may take is bounded; a thread that passes a bound is replaced.
 */
export class LargeBodies {
  readonly #limits: LargeBodiesLimits
  readonly #waiting: Job[] = []
  #bytes = 0
  #thread: Thread | null = null
  /** It has loaded what it needs: from here on time is its bodies’. */
  #isReady = false
  #job: Job | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(limits: Partial<LargeBodiesLimits> = {}) {
    this.#limits = { ...LARGE_BODIES_LIMITS, ...limits }
  }

  /**
   * Takes a body, whose memory belongs to the thread from then on; false when there is no room for it.
   *
   * @param done is told once, never before this returns
   */
  redact(large: LargeBody, done: Done): boolean {
    const bytes = large.body.length
    if (this.#bytes + bytes > this.#limits.bytes) return false
    this.#bytes += bytes
    this.#waiting.push({ large, bytes, done })
    this.#next()
    return true
  }

  /** Gives up whatever is under way. */
  close(): void {
    for (const job of this.#waiting.splice(0)) this.#finish(job, null)
    this.#end()
  }

  #next(): void {
    if (this.#job !== null) return
    clearTimeout(this.#timer)
    const job = this.#waiting.shift()
    if (job === undefined) {
      this.#endIn(this.#limits.idleMs)
    } else {
      this.#job = job
      this.#thread ??= this.#start()
      if (this.#isReady) this.#endIn(this.#timeFor(job))
      const body = ownBytes(job.large.body)
      this.#thread.postMessage({ ...job.large, body }, [body.buffer])
    }
  }

  /** Of a body with a content coding nobody knows how long it is. */
  #timeFor({ bytes, large: { request, redaction } }: Job): number {
    const isCoded = headerValue(request.headers, 'content-encoding') !== null
    const { bodyMs, byteNs } = this.#limits
    return bodyMs + (byteNs / 1e6) * (isCoded ? redaction.settings.bodyBytesMax : bytes)
  }

  #endIn(ms: number): void {
    this.#timer = setTimeout(() => this.#end(), ms)
    this.#timer.unref()
  }

  #start(): Thread {
    const thread = new Thread(new URL('./large-body-thread.ts', import.meta.url), {
      name: 'large-bodies',
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.heapMb, maxYoungGenerationSizeMb: YOUNG_MB },
    })
    thread.unref()
    thread.on('message', (answer: LargeBodyAnswer) => {
      if (this.#thread !== thread) return
      if (answer === 'ready') {
        this.#isReady = true
        if (this.#job !== null) this.#endIn(this.#timeFor(this.#job))
      } else this.#answered(answer && { ...answer, body: bufferOf(answer.body) })
    })
    // Out of memory, or a defect: what it says of itself could hold what is in the body.
    thread.on('error', () => this.#lost(thread))
    thread.on('exit', () => this.#lost(thread))
    return thread
  }

  #answered(redacted: RedactedLargeBody | null): void {
    const job = this.#job
    this.#job = null
    this.#next()
    if (job !== null) this.#finish(job, redacted)
  }

  #finish({ bytes, done }: Job, redacted: RedactedLargeBody | null): void {
    this.#bytes -= bytes
    done(redacted)
  }

  #end(): void {
    const thread = this.#thread
    if (thread === null) return
    void thread.terminate()
    this.#lost(thread)
  }

  /** The thread is no more: the next body gets another one. */
  #lost(thread: Thread): void {
    if (this.#thread !== thread) return
    this.#thread = null
    this.#isReady = false
    if (this.#job === null) clearTimeout(this.#timer)
    else this.#answered(null)
  }
}

const bufferOf = ({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): Buffer =>
  Buffer.from(buffer, byteOffset, length)
