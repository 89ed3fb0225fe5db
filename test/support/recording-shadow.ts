import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request exactly as a shadow received it. Header strings are latin-1. */
export type Recorded = { method: string; url: string; rawHeaders: string[]; body: Buffer }

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

/** An HTTP server that keeps every request it gets; answers 200 unless told otherwise. */
export const startRecordingShadow = async (
  answer: Answer = ok,
  host = '127.0.0.1',
): Promise<RecordingShadow> => {
  const requests: Recorded[] = []
  const server = createServer({ insecureHTTPParser: false }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const recorded = {
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        body: Buffer.concat(chunks),
      }
      requests.push(recorded)
      answer(request, response, recorded)
    })
    request.on('error', () => {})
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
      server.closeAllConnections()
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
