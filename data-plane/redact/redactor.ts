import type { Redaction } from '../../contract/redaction.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { isSafeMethod } from '../select/effect.ts'
import { type BodyBounds, redactBody } from './body.ts'
import { HeaderRedaction } from './headers.ts'
import { boundsOf, type LargeBody, type RedactedLargeBody } from './large-body.ts'
import { redactTarget } from './target.ts'
import { type RedactionCounts, Values } from './values.ts'

/** A redaction with the key of its pseudonyms, as a worker gets it: plain data. */
export type RedactionSettings = {
  settings: Redaction
  /** Base64; null when there is none, and masks stand in the place of pseudonyms. */
  key: string | null
}

const NO_BODY = Buffer.alloc(0)

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
  readonly #settings: RedactionSettings
  readonly #bounds: BodyBounds
  readonly #masks: boolean

  constructor(redaction: RedactionSettings) {
    const { settings, key } = redaction
    this.#settings = redaction
    this.#masks = settings.mode !== 'off'
    this.#values = new Values(settings, key === null ? null : Buffer.from(key, 'base64'))
    this.#headers = new HeaderRedaction(this.#values)
    this.#bounds = boundsOf(settings)
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
    return this.#request(request, isWrite, Number.POSITIVE_INFINITY) === true
  }

  /**
   * The same, but for a body that is longer than what is read between packets: that is given back, to be redacted elsewhere, and
   * the request is without one until `finish` is called.
   */
  requestOrLarge(request: Request, isWrite: boolean, atOnce: number): boolean | LargeBody {
    return this.#request(request, isWrite, atOnce)
  }

  /** Puts a large body into its request. */
  finish(request: Request, { body, isDecoded, counts, made }: RedactedLargeBody): void {
    this.#values.adopt(made, counts)
    request.body = body
    request.bodyLength = body.length
    if (isDecoded) request.headers = withoutCoding(request.headers)
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
    return this.#values.keepsAll ? { headers, body } : this.#message(headers, body)
  }

  #request(request: Request, isWrite: boolean, atOnce: number): boolean | LargeBody {
    const { kind, method, target, host, headers, body, bodyLength } = request
    this.#values.begin(request, 'request', isWrite)
    if (this.#values.keepsAll) return true
    const redacted = redactBody(headers, body, this.#values, this.#bounds, atOnce)
    if (redacted === null) return false
    request.target = redactTarget(this.#values, target)
    request.headers = this.#headers.redact(headers)
    if (request.trailers.length > 0) request.trailers = this.#headers.redact(request.trailers)
    if (redacted === 'later') {
      request.body = NO_BODY
      request.bodyLength = 0
      return {
        redaction: this.#settings,
        request: { kind, method, target, host, headers, bodyLength },
        body,
        isWrite,
      }
    }
    if (redacted.isDecoded) request.headers = withoutCoding(request.headers)
    request.body = redacted.body
    request.bodyLength = redacted.body.length
    return true
  }

  #message(headers: RawHeaders, body: Buffer): RedactedMessage | null {
    const redacted = redactBody(headers, body, this.#values, this.#bounds)
    if (redacted === null || redacted === 'later') return null
    const changed = this.#headers.redact(headers)
    return { headers: redacted.isDecoded ? withoutCoding(changed) : changed, body: redacted.body }
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
