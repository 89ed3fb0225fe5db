import type { Request } from '../http/exchange.ts'

const FOR = 'x-forwarded-for'
const PROTO = 'x-forwarded-proto'
const HOST = 'x-forwarded-host'

/**
 * Sets X-Forwarded-For, -Proto and -Host as a proxy in front of production would have: `append` adds the captured client
 * to the last list of addresses and keeps what is there, `replace` believes nothing that the client said. Mirrored
 * requests were in clear, so their scheme is http.
 */
export const addForwarded = (headers: string[], request: Request, mode: 'append' | 'replace'): void => {
  const { address } = request.connection.client
  if (mode === 'replace') removeForwarded(headers)
  let last = -1
  let hasProto = false
  let hasHost = false
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    if (name === FOR) last = i
    else if (name === PROTO) hasProto = true
    else if (name === HOST) hasHost = true
  }
  if (last < 0) headers.push('X-Forwarded-For', address)
  else {
    const value = headers[last + 1] as string
    headers[last + 1] = value.trim() === '' ? address : `${value}, ${address}`
  }
  if (!hasProto) headers.push('X-Forwarded-Proto', 'http')
  if (!hasHost && request.host !== null) headers.push('X-Forwarded-Host', request.host)
}

const removeForwarded = (headers: string[]): void => {
  let kept = 0
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const lowerCase = name.toLowerCase()
    if (lowerCase === FOR || lowerCase === PROTO || lowerCase === HOST || lowerCase === 'forwarded') continue
    headers[kept++] = name
    headers[kept++] = headers[i + 1] as string
  }
  headers.length = kept
}
