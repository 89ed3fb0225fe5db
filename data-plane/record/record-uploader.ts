import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { recordPrefix } from '../../contract/stored-record.ts'
import { errorText, type Log } from '../telemetry/log.ts'
import { headerLine } from './native.ts'

const packed = promisify(gzip)

/** Puts an object; rejects with the SDK’s error. */
export type PutObject = (key: string, body: Buffer) => Promise<void>

export type RecordUploaderOptions = {
  /** Names this task’s files. */
  task: string
  startedAt: Date
  /** Called when there is something to put: opening a client takes time and memory. */
  open: () => Promise<PutObject>
  log: Log
}

/** An answer of the API holds 6 MB, in base64. */
const PART_BYTES_MAX = 3_000_000
/** What was recorded is to be had soon, and a task may die. */
const PART_AGE_MS = 30_000
const LOOK_MS = 5_000
/** What S3 does not take waits in memory up to this. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

type Part = { lines: Buffer[]; bytes: number; since: number }

/** Takes what this task records to S3, in parts that are records of their own. What cannot be put is tried again. */
export class RecordUploader {
  readonly #options: RecordUploaderOptions
  readonly #parts = new Map<string, Part>()
  readonly #queue: { key: string; experiment: string; lines: Buffer }[] = []
  readonly #timer: NodeJS.Timeout
  /** Null: not told yet. */
  #current: ReadonlySet<string> | null = null
  #put: Promise<PutObject> | null = null
  #sending: Promise<void> | null = null
  #waiting = 0
  #count = 0
  #lost = 0

  constructor(options: RecordUploaderOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  /** Whole lines of an experiment’s record. */
  write(experiment: string, lines: Buffer): void {
    if (this.#waiting + lines.length > WAITING_BYTES_MAX) {
      this.#lost += lines.length
      return
    }
    this.#waiting += lines.length
    const open = this.#parts.get(experiment)
    if (open && open.bytes + lines.length > PART_BYTES_MAX) this.#close(experiment, open)
    const part = this.#parts.get(experiment) ?? { lines: [], bytes: 0, since: performance.now() }
    this.#parts.set(experiment, part)
    part.lines.push(lines)
    part.bytes += lines.length
    this.#send()
  }

  /** Which experiments go on; what another one has recorded waits for no more. */
  configure(experiments: ReadonlySet<string>): void {
    this.#current = experiments
    this.#look()
  }

  /** Puts all that is left, and waits for it no longer than this. */
  async stop(deadlineMs: number): Promise<void> {
    clearInterval(this.#timer)
    for (const [experiment, part] of this.#parts) this.#close(experiment, part)
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs)
    })
    await this.#sending
    this.#send()
    await Promise.race([this.#sending ?? Promise.resolve(), deadline])
    clearTimeout(timer)
    if (this.#waiting + this.#lost > 0)
      this.#options.log('error', 'records lost', { bytes: this.#waiting + this.#lost })
  }

  #look(): void {
    const now = performance.now()
    for (const [experiment, part] of this.#parts) {
      const isOver = this.#current?.has(experiment) === false
      if (isOver || now - part.since >= PART_AGE_MS) this.#close(experiment, part)
    }
    this.#send()
  }

  #close(experiment: string, { lines }: Part): void {
    this.#parts.delete(experiment)
    const { task, startedAt } = this.#options
    const name = `${task.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 80)}-${startedAt.getTime().toString(36)}-${++this.#count}`
    const key = `${recordPrefix(experiment)}${name}.ndjson.gz`
    this.#queue.push({ key, experiment, lines: Buffer.concat(lines) })
  }

  #send(): void {
    if (this.#sending !== null || this.#queue.length === 0) return
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = null
    })
  }

  async #sendAll(): Promise<void> {
    const { log, open, startedAt } = this.#options
    try {
      for (let part = this.#queue[0]; part !== undefined; part = this.#queue[0]) {
        const { key, experiment, lines } = part
        const header = headerLine({ experiment, startedAt: startedAt.toISOString(), redacted: true })
        this.#put ??= open()
        const put = await this.#put
        await put(key, await packed(Buffer.concat([Buffer.from(header), lines])))
        this.#queue.shift()
        this.#waiting -= lines.length
      }
    } catch (error) {
      log('warn', 'record not stored', { error: errorText(error) })
    }
  }
}
