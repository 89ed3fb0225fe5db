import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `problems` are told beside the state; they do not make it unhealthy, since another task would not be better. */
export type Health = { ready: boolean; state: string; problems?: readonly string[] }

export type HealthServer = { address: string; port: number; stop(): Promise<void> }

/** The port that the load balancer's health check and Prometheus look at: `/healthz` and `/metrics`. */
export const startHealthServer = async (
  host: string,
  port: number,
  health: () => Health,
  metrics: () => Promise<string>,
): Promise<HealthServer> => {
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string) =>
      response
        .writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        .end(request.method === 'HEAD' ? undefined : text)
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, 'GET only\n')
    else if (request.url === '/healthz') {
      const { ready, state, problems = [] } = health()
      answer(ready ? 200 : 503, `${[state, ...problems].join('\n')}\n`)
    } else if (request.url === '/metrics') answer(200, await metrics())
    else answer(404, '/healthz or /metrics\n')
  })
  server.listen(port, host)
  await once(server, 'listening').catch((cause: Error) => {
    throw new Error(`cannot answer health checks on ${host}:${port}`, { cause })
  })
  const bound = server.address() as AddressInfo
  return {
    address: bound.address,
    port: bound.port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
