import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Changes this close together become one write. */
const COALESCE_MILLISECONDS = 50

/**
 * One file that always holds a whole snapshot: written beside and renamed, so that a process that dies at any moment
 * leaves either the old or the new one.
 */
export class SnapshotFile {
  readonly #path: string
  readonly #content: () => unknown
  readonly #coalesce: number
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #dirty = false

  constructor(path: string, content: () => unknown, coalesceMilliseconds = COALESCE_MILLISECONDS) {
    this.#path = path
    this.#content = content
    this.#coalesce = coalesceMilliseconds
  }

  /** Undefined when there is none yet. */
  async read(): Promise<unknown> {
    await mkdir(dirname(this.#path), { recursive: true })
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    return text === undefined ? undefined : JSON.parse(text)
  }

  /** Says that the content changed; it is written soon. */
  touch(): void {
    this.#dirty = true
    this.#timer ??= setTimeout(() => {
      this.flush().catch((error: unknown) => console.error(`Cannot write ${this.#path}:`, error))
    }, this.#coalesce)
  }

  /** Resolves when everything said before this call is in the file. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    while (this.#dirty || this.#writing) {
      this.#writing ??= this.#write()
      await this.#writing
    }
  }

  async #write(): Promise<void> {
    this.#dirty = false
    try {
      await writeFile(`${this.#path}.new`, JSON.stringify(this.#content()))
      await rename(`${this.#path}.new`, this.#path)
    } finally {
      this.#writing = undefined
    }
  }
}
