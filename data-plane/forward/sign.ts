/** What of a request is signed. `path` has its query; `host` is what the request says, in its Host header. */
export type Signable = {
  method: string
  path: string
  host: string
  contentType: string | null
  body: Buffer | null
}

/** Headers to add to the request, name, value, name, value ... Rejects when there are no credentials. */
export type Sign = (request: Signable) => Promise<string[]>

/** These come with the signature and replace production's own. */
export const SIGNED_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
])
