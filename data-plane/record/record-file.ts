import { type FileHandle, open } from 'node:fs/promises'
import { ConfigError } from '../config.ts'

/** Written later than it comes: more is not kept in memory for a disk that is too slow. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

/** A record on disk, of this user alone. Whole lines go in, so that what is lost are whole exchanges. */
export class RecordFile {
  /** What could not be written, and the system’s word for why. */
  lostBytes = 0
  error: Error | null = null
  readonly #file: FileHandle
  #waiting = 0
  #written: Promise<void> = Promise.resolve()

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** Makes the file. @throws ConfigError when it is there already, or cannot be made */
  static async create(path: string): Promise<RecordFile> {
    try {
      return new RecordFile(await open(path, 'wx', 0o600))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      throw new ConfigError(
        code === 'EEXIST'
          ? `--record ${path}: is there already; name a file that is not`
          : `--record ${path}: ${message}`,
      )
    }
  }

  write(lines: Uint8Array): void {
    if (this.error !== null || this.#waiting + lines.length > WAITING_BYTES_MAX) {
      this.lostBytes += lines.length
      return
    }
    this.#waiting += lines.length
    this.#written = this.#written.then(() => this.#writeNow(lines))
  }

  async close(): Promise<void> {
    await this.#written
    await this.#file.close()
  }

  async #writeNow(lines: Uint8Array): Promise<void> {
    try {
      if (this.error === null) await this.#file.appendFile(lines)
      else this.lostBytes += lines.length
    } catch (error) {
      this.error = error as Error
      this.lostBytes += lines.length
    }
    this.#waiting -= lines.length
  }
}
