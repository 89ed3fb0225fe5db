import type { Redaction } from '../../contract/redaction.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { isSafeMethod } from '../select/effect.ts'
import { redactBody } from './body.ts'
import { redactPath } from './form.ts'
import { HeaderRedaction } from './headers.ts'
import { type RedactionCounts, Values } from './values.ts'

/** A redaction with the key of its pseudonyms, as a worker gets it: plain data. */
export type RedactionSettings = {
  settings: Redaction
  /** Base64; null when there is none, and masks stand in the place of pseudonyms. */
  key: string | null
}

export type RedactedMessage = { headers: RawHeaders; body: Buffer }

/** Says a digest of the body as it was: with another body it is left out (RFC 9530, RFC 1864). */
const DIGESTS = new Set(['content-md5', 'digest', 'content-digest', 'repr-digest'])

/**
 * Takes credentials and personal data out of messages, as an experiment’s redaction says. The same value becomes the same
 * other one in requests and in responses, production’s and the shadow’s.
 */
export class Redactor {
  readonly #values: Values
  readonly #headers: HeaderRedaction
  readonly #bounds: { bytesMax: number; opaque: 'scan' | 'refuse' }

  readonly #masks: boolean

  constructor({ settings, key }: RedactionSettings) {
    this.#masks = settings.mode !== 'off'
    this.#values = new Values(settings, key === null ? null : Buffer.from(key, 'base64'))
    this.#headers = new HeaderRedaction(this.#values)
    this.#bounds = {
      bytesMax: settings.bodyBytesMax,
      opaque: settings.unlisted === 'replace' ? 'refuse' : 'scan',
    }
  }

  /** What it lets through may be kept. */
  get masks(): boolean {
    return this.#masks
  }

  /** What has been replaced so far. */
  get counts(): Readonly<RedactionCounts> {
    return this.#values.counts
  }

  /**
   * Replaces what is in the request itself, so that nothing behind this sees what was there. False when its body cannot be
   * read: then it is not to be used.
   *
   * @param isWrite it may change something
   */
  request(request: Request, isWrite: boolean = !isSafeMethod(request.method)): boolean {
    this.#values.begin(request, 'request', isWrite)
    const message = this.#message(request.headers, request.body)
    if (message === null) return false
    request.target = this.#target(request.target)
    request.headers = message.headers
    if (request.trailers.length > 0) request.trailers = this.#headers.redact(request.trailers)
    request.body = message.body
    request.bodyLength = message.body.length
    return true
  }

  /**
   * Production’s answer to a request and the shadow’s, in this order, so that both can be compared: the shadow’s pseudonyms
   * are production’s values. Null when the body cannot be read.
   */
  response(
    request: Request,
    from: 'production' | 'shadow',
    headers: RawHeaders,
    body: Buffer,
  ): RedactedMessage | null {
    this.#values.begin(request, from, true)
    return this.#message(headers, body)
  }

  #message(headers: RawHeaders, body: Buffer): RedactedMessage | null {
    const redacted = redactBody(headers, body, this.#values, this.#bounds)
    if (redacted === null) return null
    const changed = this.#headers.redact(headers)
    return { headers: redacted.isDecoded ? withoutCoding(changed) : changed, body: redacted.body }
  }

  #target(target: string): string {
    const mark = target.indexOf('?')
    const path = mark < 0 ? target : target.slice(0, mark)
    const changed = redactPath(path, (segment) => this.#values.scanned('path', segment))
    return mark < 0 ? changed : `${changed}?${this.#values.form('query', target.slice(mark + 1))}`
  }
}

const withoutCoding = (headers: RawHeaders): RawHeaders => {
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    if (name !== 'content-encoding' && !DIGESTS.has(name))
      kept.push(headers[i] as string, headers[i + 1] as string)
  }
  return kept
}
