import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What changes something needs: who has it was told by whoever started the system. */
export class Token {
  readonly #token: string
  readonly #cookie: string

  /** @param port cookies are a host’s, whatever its port: each system has its own */
  constructor(token: string, port: number) {
    this.#token = token
    this.#cookie = `shadowmeter-${port}`
  }

  is(given: string | null | undefined): boolean {
    return typeof given === 'string' && timingSafeEqual(digest(given), digest(this.#token))
  }

  /** As a header, from the command line and scripts, or as the cookie of a page that was opened with it. */
  isIn({ headers: { authorization = '', cookie = '' } }: IncomingMessage): boolean {
    const [, bearer] = /^Bearer (\S+)$/i.exec(authorization) ?? []
    const mine = cookie.split('; ').find((pair) => pair.startsWith(`${this.#cookie}=`))
    return this.is(bearer) || this.is(mine?.slice(this.#cookie.length + 1))
  }

  /** Value of Set-Cookie: for this site’s own pages alone, and out of reach of scripts. */
  get setCookie(): string {
    return `${this.#cookie}=${this.#token}; Path=/; HttpOnly; SameSite=Strict`
  }
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')
