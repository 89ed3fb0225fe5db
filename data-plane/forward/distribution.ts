import type { ConnectionInfo, Request } from '../http/exchange.ts'

/** Something that gets a share of the requests. */
export type Share<Target> = { readonly target: Target; readonly share: number }

/**
 * Chooses by shares, all requests of a source connection the same: the choice follows from the connection alone, so that
 * tasks and workers agree and the order on it is kept.
 */
export const splitter = <Target>(shares: readonly Share<Target>[]): ((request: Request) => Target) => {
  const total = shares.reduce((sum, { share }) => sum + share, 0)
  let below = 0
  const bounds = shares.map(({ target, share }) => {
    below += share
    return { target, below: (below / total) * 2 ** 32 }
  })
  const last = (bounds.at(-1) as { target: Target }).target
  return ({ connection }) => {
    const hash = connectionHash(connection)
    return bounds.find(({ below }) => hash < below)?.target ?? last
  }
}

/** FNV-1a over both ends, its bits then mixed: evenly spread over 32 bits. */
export const connectionHash = ({ client, server }: ConnectionInfo): number => {
  const text = `${client.address} ${client.port} ${server.address} ${server.port}`
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
