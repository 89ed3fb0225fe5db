import type { IncomingMessage, ServerResponse } from 'node:http'
import dynalite from 'dynalite'

export type DynamoDb = {
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

/** dynalite behind the common port. It closes its store only as a listening server, so it also gets a port of its own. */
export async function startDynamoDb(path: string | undefined): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0, ...(path && { path }) })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host: '127.0.0.1', port: 0 }, resolve)
  })
  return {
    handle: (request, response) => void server.emit('request', request, response),
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections()
        server.close((error) => (error ? reject(error) : resolve()))
      }),
  }
}
