import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'

/** A request exactly as a shadow received it. Header strings are latin-1. */
export type Recorded = {
  method: string
  url: string
  rawHeaders: string[]
  rawTrailers: string[]
  body: Buffer
  isHttp2: boolean
}

export type RecordingShadow = {
  url: string
  port: number
  requests: Recorded[]
  /** Value of the first header with this name, whatever its case. */
  stop(): Promise<void>
}

type Answer = (request: IncomingMessage, response: ServerResponse, recorded: Recorded) => void

const ok: Answer = (_request, response) => {
  response.end('ok')
}

/** A server of HTTP/1.1 and, by prior knowledge, HTTP/2 that keeps every request it gets; answers 200 unless told otherwise. */
export const startRecordingShadow = async (
  answer: Answer = ok,
  host = '127.0.0.1',
): Promise<RecordingShadow> => {
  const requests: Recorded[] = []
  const onRequest = (request: IncomingMessage, response: ServerResponse, isHttp2: boolean): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const recorded = {
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        rawTrailers: request.rawTrailers,
        body: Buffer.concat(chunks),
        isHttp2,
      }
      requests.push(recorded)
      answer(request, response, recorded)
    })
    request.on('error', () => {})
  }
  const http1 = createServer({ insecureHTTPParser: false }, (request, response) =>
    onRequest(request, response, false),
  )
  const http2 = createHttp2Server((request, response) =>
    onRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse, true),
  )
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.once('data', (first) => {
      const chosen = first.subarray(0, 3).toString() === 'PRI' ? http2 : http1
      socket.pause()
      socket.unshift(first)
      chosen.emit('connection', socket)
      if (chosen === http1) socket.resume()
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host}:${port}`,
    port,
    requests,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

export const headerOf = ({ rawHeaders }: Recorded, name: string): string | undefined => {
  const index = rawHeaders.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name.toLowerCase())
  return index < 0 ? undefined : rawHeaders[index + 1]
}

/** Resolves when the condition holds; fails after `ms`. */
export const until = async (condition: () => boolean, ms = 5_000): Promise<void> => {
  const deadline = performance.now() + ms
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not come true within ${ms} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
