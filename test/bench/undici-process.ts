/**
 * The same requests as the gateway forwards, sent by undici's pool out of memory at a steady rate: nothing is received, read
 * or redacted. What a gateway costs is said in multiples of this.
 */
import { Pool } from 'undici'

export type UndiciWork = { url: string; requestsPerSecond: number; requests: number }

const CONNECTIONS = 64
const EVERY_MS = 1
const HEADERS = [
  ...['Host', 'shop.example', 'User-Agent', 'Mozilla/5.0 (X11; Linux x86_64)', 'Accept', 'application/json'],
  ...['Accept-Encoding', 'gzip, br', 'Cookie', `session=${'0123456789'.repeat(4)}`],
  ...['X-Request-Id', '0123456789abcdef', 'X-Shadow-Request', '1', 'X-Shadow-Experiment', 'standalone'],
]

process.on('message', ({ url, requestsPerSecond, requests }: UndiciWork) => {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
  const startedAt = performance.now()
  let sent = 0
  let finished = 0
  const handler = {
    onRequestStart: () => {},
    onResponseStart: () => {},
    onResponseData: () => {},
    onResponseEnd: () => {
      if (++finished === requests) void pool.close().then(() => process.send?.('done'))
    },
    onResponseError: (_: unknown, error: Error) => {
      throw error
    },
  }
  const timer = setInterval(() => {
    const due = Math.min(requests, ((performance.now() - startedAt) / 1000) * requestsPerSecond)
    for (; sent < due; sent++) {
      const number = String(sent).padStart(8, '0')
      pool.dispatch({ method: 'GET', path: `/items/${number}`, headers: HEADERS }, handler)
    }
    if (sent >= requests) clearInterval(timer)
  }, EVERY_MS)
})
process.once('disconnect', () => process.exit())
