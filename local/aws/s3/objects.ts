/** One object as it was put. */
export type StoredObject = Readonly<{
  body: Buffer
  contentType: string
  etag: string
  /** Base64, as it was sent and verified; null when none was. */
  sha256: string | null
  /** Milliseconds since 1970. */
  modifiedAt: number
}>

export type StoredVersion = StoredObject & Readonly<{ versionId: string }>

/**
 * What lies in the account’s buckets, by bucket and key. Every bucket keeps versions: a key that is put again keeps what
 * was there before until that version is deleted by its id.
 */
export class Objects {
  /** Of each name, the newest last; a name without versions is not there. */
  readonly #objects = new Map<string, StoredVersion[]>()
  readonly #changed: () => void
  #count = 0

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get(bucket: string, key: string): StoredVersion | undefined {
    return this.#objects.get(`${bucket}/${key}`)?.at(-1)
  }

  put(bucket: string, key: string, object: StoredObject): StoredVersion {
    const name = `${bucket}/${key}`
    const version = { ...object, versionId: `v${String(++this.#count).padStart(8, '0')}` }
    this.#objects.set(name, [...(this.#objects.get(name) ?? []), version])
    this.#changed()
    return version
  }

  /** In order of keys, of each the newest first. */
  versions(bucket: string, prefix: string): { key: string; version: StoredVersion; isLatest: boolean }[] {
    return [...this.#objects]
      .filter(([name]) => name.startsWith(`${bucket}/${prefix}`))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, versions]) =>
        versions.toReversed().map((version, index) => ({
          key: name.slice(bucket.length + 1),
          version,
          isLatest: index === 0,
        })),
      )
  }

  /** For good. What is not there is deleted already. */
  delete(bucket: string, key: string, versionId: string): void {
    const name = `${bucket}/${key}`
    const left = (this.#objects.get(name) ?? []).filter((version) => version.versionId !== versionId)
    if (left.length > 0) this.#objects.set(name, left)
    else this.#objects.delete(name)
    this.#changed()
  }

  snapshot(): unknown {
    return [...this.#objects].map(([name, versions]) => [
      name,
      versions.map(({ body, ...rest }) => ({ ...rest, body: body.toString('base64') })),
    ])
  }

  /** @throws Error when it is no snapshot */
  load(snapshot: unknown): void {
    if (!Array.isArray(snapshot)) throw new Error('The saved S3 objects are not a list')
    for (const [name, versions] of snapshot as [string, (StoredVersion & { body: string })[]][]) {
      this.#objects.set(
        name,
        versions.map(({ body, ...rest }) => ({ ...rest, body: Buffer.from(body, 'base64') })),
      )
      for (const { versionId } of versions) this.#count = Math.max(this.#count, Number(versionId.slice(1)))
    }
  }
}
