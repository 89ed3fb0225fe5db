import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsCredentialIdentity, Checksum, Provider, SourceData } from '@smithy/types'
import { SIGNED_HEADERS, type Sign } from './sign.ts'

/** Signs with AWS Signature Version 4: Host, Content-Type and what the signature itself adds. */
export const createSigner = (
  { service, region }: { service: string; region: string },
  credentials: Provider<AwsCredentialIdentity>,
  clock: () => Date,
): Sign => {
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 })
  return async ({ method, path, host, contentType, body }) => {
    const mark = path.indexOf('?')
    const { headers } = await signer.sign(
      {
        method,
        protocol: 'https:',
        hostname: host,
        path: mark < 0 ? path : path.slice(0, mark),
        query: mark < 0 ? {} : parameters(path.slice(mark + 1)),
        headers: { host, ...(contentType !== null && { 'content-type': contentType }) },
        ...(body && { body }),
      },
      { signingDate: clock() },
    )
    return Object.entries(headers).flatMap(([name, value]) =>
      SIGNED_HEADERS.has(name.toLowerCase()) ? [name, value] : [],
    )
  }
}

/** Decoded, since the signer encodes them its own way; what cannot be decoded is left as it is. */
const parameters = (query: string): Record<string, string[]> => {
  const found: Record<string, string[]> = {}
  for (const part of query.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decoded(equals < 0 ? part : part.slice(0, equals))
    const value = equals < 0 ? '' : decoded(part.slice(equals + 1))
    const values = Object.hasOwn(found, name) ? found[name] : undefined
    if (values) values.push(value)
    else Object.defineProperty(found, name, { value: [value], enumerable: true })
  }
  return found
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Node's own SHA-256, keyed when it gets a secret, in the shape that the signer asks for. */
class Sha256 implements Checksum {
  readonly #secret: SourceData | undefined
  #hash: Hash | Hmac

  constructor(secret?: SourceData) {
    this.#secret = secret
    this.#hash = this.#begin()
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    this.#hash = this.#begin()
  }

  #begin(): Hash | Hmac {
    if (this.#secret === undefined) return createHash('sha256')
    return createHmac('sha256', typeof this.#secret === 'string' ? this.#secret : bytes(this.#secret))
  }
}

const bytes = (data: ArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
