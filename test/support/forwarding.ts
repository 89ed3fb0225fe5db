import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { ShadowTarget } from '../../contract/forwarding.ts'
import { Forwarder, type ForwarderOptions } from '../../data-plane/forward/forwarder.ts'
import { type Environment, resolveShadows, type ShadowSettings } from '../../data-plane/forward/settings.ts'
import { newShadowTally } from '../../data-plane/telemetry/shadow-tally.ts'
import { capturedRequest } from './captured-request.ts'

/** A shadow as a worker gets it. */
export const settingsOf = (target: ShadowTarget, environment: Environment = {}): ShadowSettings =>
  resolveShadows(target, environment).list[0] as ShadowSettings

/** A forwarder with its counts, and a way to give it requests. */
export const forwarderWith = (settings: ShadowSettings, options: Partial<ForwarderOptions> = {}) => {
  const tally = newShadowTally()
  const forwarder = new Forwarder({ settings, experiment: 'exp_test', tally, ...options })
  const submit = (given: Parameters<typeof capturedRequest>[0]) => forwarder.submit(capturedRequest(given))
  return { forwarder, tally, counters: tally.requests, submit }
}

/** Looks at the forwarder's timeouts as a worker does, until the function given back is called. */
export const ticking = (forwarder: Forwarder): (() => void) => {
  const timer = setInterval(() => forwarder.expire(performance.now()), TICK_MS)
  return () => clearInterval(timer)
}

const TICK_MS = 20

/** A TCP server that does what it likes with connections. */
export const startTcpServer = async (onConnection: (socket: Socket) => void, port = 0) => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = (server.address() as { port: number }).port
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
