import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ShadowTarget } from '../../contract/forwarding.ts'
import { Forwarder, type ForwarderOptions } from '../../data-plane/forward/forwarder.ts'
import { type Environment, resolveShadows, type ShadowSettings } from '../../data-plane/forward/settings.ts'
import { newShadowTally } from '../../data-plane/telemetry/shadow-tally.ts'
import { capturedRequest } from './captured-request.ts'
import { type RecordingShadow, startRecordingShadow } from './recording-shadow.ts'

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

/** A forwarder that ticks, until the test is over. */
export const runForwarder = (...given: Parameters<typeof forwarderWith>) => {
  const made = forwarderWith(...given)
  onTestFinished(() => made.forwarder.stop(0))
  onTestFinished(ticking(made.forwarder))
  return made
}

/** One to this address, all else as it is without a word. */
export const forwarderTo = (url: string, options: Partial<ForwarderOptions> = {}) =>
  runForwarder(settingsOf({ url }), options)

/** A shadow that answers like this, until the test is over. */
export const shadowThat = async (
  ...answer: Parameters<typeof startRecordingShadow>
): Promise<RecordingShadow> => {
  const shadow = await startRecordingShadow(...answer)
  onTestFinished(shadow.stop)
  return shadow
}

/** The address of a TCP server that does what it likes with connections, until the test is over. */
export const tcpServer = async (onConnection: (socket: Socket) => void): Promise<string> => {
  const server = await startTcpServer(onConnection)
  onTestFinished(server.stop)
  return server.url
}

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
