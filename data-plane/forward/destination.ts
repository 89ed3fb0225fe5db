import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { IsProduction } from './shadow.ts'

/** A connection would lead, or has led, to where nothing is ever forwarded. */
export class ForbiddenDestination extends Error {
  readonly code = 'FORBIDDEN_DESTINATION'

  constructor(host: string) {
    super(`nothing is forwarded to ${host}: no address of it is allowed`)
    this.name = 'ForbiddenDestination'
  }
}

type Lookup = (
  host: string,
  options: LookupOptions,
  done: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family: number) => void,
) => void

/**
 * Resolves a name for one connection and hands on only addresses that may be connected to: what was judged is what is
 * used, whatever the name leads to a moment later.
 */
export const guardedLookup =
  (port: number, isForbidden: IsProduction, lookup: Lookup = systemLookup): LookupFunction =>
  (host, options, done) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, [])
      const allowed = (found as LookupAddress[]).filter(({ address }) => !isForbidden(address, port))
      const [first] = allowed
      if (first === undefined) done(new ForbiddenDestination(host), [])
      else if (options.all) done(null, allowed)
      else done(null, first.address, first.family)
    })

/** Whether the host is itself an address that nothing is sent to: an address is not looked up. */
export const isForbiddenHost = (host: string, port: number, isForbidden: IsProduction): boolean =>
  isIP(host) !== 0 && isForbidden(host, port)
