import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type ApiFunction, createControlPlane } from '../../local/control-plane/server.ts'
import { Token } from '../../local/control-plane/token.ts'
import type { ApiUnderTest } from './api.ts'

/** Changes need it. */
export const API_TOKEN = 'of-the-api-under-test'

export type ApiServer = {
  /** As --api takes it. */
  url: string
  /** Stops answering, as a control plane that is being replaced. */
  away: () => Promise<void>
  back: () => Promise<void>
}

/** The API over sockets, as a local system serves it; it ends with the test. */
export const serveApi = async ({ handler }: ApiUnderTest): Promise<ApiServer> => {
  const server = createControlPlane({
    api: handler as ApiFunction,
    functions: {},
    console: new Map(),
    token: new Token(API_TOKEN, 0),
    invokePath: '/unused',
    log: () => {},
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const away = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  const port = await listen(0)
  onTestFinished(away)
  return {
    url: `http://127.0.0.1:${port}/api`,
    away,
    back: async () => {
      await listen(port)
    },
  }
}
