/** One object as it was last put. */
export type StoredObject = Readonly<{
  body: Buffer
  contentType: string
  etag: string
  /** Base64, as it was sent and verified; null when none was. */
  sha256: string | null
  /** Milliseconds since 1970. */
  modifiedAt: number
}>

/** What lies in the account’s buckets, by bucket and key. There are no versions here. */
export class Objects {
  readonly #objects = new Map<string, StoredObject>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get(bucket: string, key: string): StoredObject | undefined {
    return this.#objects.get(`${bucket}/${key}`)
  }

  put(bucket: string, key: string, object: StoredObject): void {
    this.#objects.set(`${bucket}/${key}`, object)
    this.#changed()
  }

  snapshot(): unknown {
    return [...this.#objects].map(([name, { body, ...rest }]) => [
      name,
      { ...rest, body: body.toString('base64') },
    ])
  }

  /** @throws Error when it is no snapshot */
  load(snapshot: unknown): void {
    if (!Array.isArray(snapshot)) throw new Error('The saved S3 objects are not a list')
    for (const [name, { body, ...rest }] of snapshot as [string, StoredObject & { body: string }][])
      this.#objects.set(name, { ...rest, body: Buffer.from(body, 'base64') })
  }
}
