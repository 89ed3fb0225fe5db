type Attempt = Readonly<{ body: string; key: string }>

/**
 * The Idempotency-Key of one attempt to start. The same form sent again because no answer came is the same attempt, so
 * that an answer lost on the way never starts a second experiment.
 */
export class StartAttempt {
  private current: Attempt | null = null

  keyFor(body: string): string {
    if (this.current?.body !== body) this.current = { body, key: newKey() }
    return this.current.key
  }

  /** The API has answered: what is sent next is another attempt. */
  answered(): void {
    this.current = null
  }
}

/** crypto.randomUUID exists only on secure origins. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )
