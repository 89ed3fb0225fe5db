import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { MirroringSnapshot } from '../../../local/aws/mirroring-snapshot.ts'
import { followMirroring } from '../../../local/tap/follow-mirroring.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const line = (revision: number) =>
  `${JSON.stringify({ revision, at: 0, sessions: [], loadBalancers: [], switches: {} })}\n`

const until = async (true_: () => boolean): Promise<void> => {
  while (!true_()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('every state of the endpoint is handed on, none while it is gone, and it comes back', async () => {
  const connections: ServerResponse[] = []
  const endpoint = createServer((request, response) => {
    expect(request.url).toBe('/-/mirroring')
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    connections.push(response)
    response.write(line(connections.length * 10))
  }).listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  closing.push(() => endpoint.close().closeAllConnections())
  const address = endpoint.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const ending = new AbortController()
  const seen: (number | null)[] = []

  const following = followMirroring(
    `http://127.0.0.1:${port}`,
    (snapshot: MirroringSnapshot | null) => seen.push(snapshot?.revision ?? null),
    ending.signal,
  )
  await until(() => seen.length === 1)
  const [first] = connections
  const both = line(11) + line(12)
  first?.write(both.slice(0, 30))
  await new Promise((resolve) => setTimeout(resolve, 20))
  first?.write(both.slice(30))
  await until(() => seen.length === 3)
  first?.destroy()
  await until(() => seen.length === 5)
  ending.abort()
  await following

  expect(seen).toEqual([10, 11, 12, null, 20])
})
