import { createHash } from 'node:crypto'
import type { Request, Response } from '../http/exchange.ts'
import { heldBytes } from './held-bytes.ts'

/** Of all remembered answers, and how many of them. */
const BYTES_MAX = 8 * 1024 * 1024
const ANSWERS_MAX = 2_000
/** A larger answer is not remembered. */
const ANSWER_BYTES_MAX = 128 * 1024
/** What is longer ago says little about chance. */
const AGE_MS = 60_000

/** Requests that ask for the same again. */
const SAFE_METHODS = new Set(['GET', 'HEAD'])
/** Headers that choose another answer. */
const CHOOSING = ['accept', 'accept-encoding', 'accept-language', 'authorization', 'cookie', 'host', 'range']

type Remembered = { response: Response; at: number; bytes: number }

/**
 * Production’s last answers to requests that may come again: in what production differs from itself, the shadow may
 * differ from it.
 */
export class Repeats {
  readonly #answers = new Map<string, Remembered>()
  #bytes = 0

  /** Production’s earlier answer to the same request; this one takes its place. */
  swap(request: Request, response: Response): Response | null {
    if (!SAFE_METHODS.has(request.method) || response.body.length > ANSWER_BYTES_MAX) return null
    const key = fingerprint(request)
    const before = this.#answers.get(key)
    if (before) this.#forget(key, before)
    const bytes = heldBytes(response.headers, response.body)
    this.#answers.set(key, { response, at: request.lastAt, bytes })
    this.#bytes += bytes
    for (const [oldest, answer] of this.#answers) {
      if (this.#bytes <= BYTES_MAX && this.#answers.size <= ANSWERS_MAX) break
      this.#forget(oldest, answer)
    }
    return before && request.lastAt - before.at <= AGE_MS ? before.response : null
  }

  #forget(key: string, { bytes }: Remembered): void {
    this.#answers.delete(key)
    this.#bytes -= bytes
  }
}

const fingerprint = ({ method, target, headers, body }: Request): string => {
  const hash = createHash('sha1').update(`${method} ${target}\n`)
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    if (CHOOSING.includes(name)) hash.update(`${name}: ${headers[i + 1]}\n`)
  }
  return hash.update(body).digest('base64')
}
