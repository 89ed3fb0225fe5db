import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export type Received = { headers: IncomingHttpHeaders; message: Record<string, string> }

/** An HTTP endpoint as somebody writes one for SNS; `statusOf` says what it answers. It ends with the test. */
export const startSubscriber = async (statusOf: (received: Received) => number = () => 200) => {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const one = { headers: request.headers, message: JSON.parse(await text(request)) }
    received.push(one)
    response.writeHead(statusOf(one)).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notices`,
    received,
    of: (type: string) => received.filter(({ message }) => message.Type === type),
  }
}
