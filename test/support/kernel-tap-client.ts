/**
 * The client side of the kernel tap's production network, a process of its own: sends every planned request over real
 * connections, a few connections at a time, and ends when all are answered.
 */
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { PRODUCTION_ADDRESS, PRODUCTION_PORT } from './kernel-tap.ts'
import { type PlannedConnection, type PlannedRequest, plannedConnections } from './kernel-tap-requests.ts'

/** Connections that are open at the same time. */
const AT_ONCE = 4
const CHUNK_BYTES = 1_111

const oneByOne = async (requests: PlannedRequest[]): Promise<void> => {
  const agent = new Agent({ keepAlive: requests.length > 1, maxSockets: 1 })
  for (const planned of requests) await answered(planned, agent)
  agent.destroy()
}

const answered = (planned: PlannedRequest, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    const { method, target, body, chunked } = planned
    const length = chunked || body.length === 0 ? [] : ['Content-Length', String(body.length)]
    const outgoing = httpRequest({
      host: PRODUCTION_ADDRESS,
      port: PRODUCTION_PORT,
      method,
      path: target,
      headers: [...planned.headers, ...length] as unknown as Record<string, string>,
      agent,
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      response.resume()
      response.on('end', resolve)
      response.on('error', reject)
    })
    if (chunked)
      for (let at = 0; at < body.length; at += CHUNK_BYTES)
        outgoing.write(body.subarray(at, at + CHUNK_BYTES))
    else outgoing.write(body)
    outgoing.end()
  })

/** All requests in one go; the last one asks to close, so the end of the connection is the end of the answers. */
const pipelined = (requests: PlannedRequest[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(PRODUCTION_PORT, PRODUCTION_ADDRESS)
    socket.on('error', reject)
    socket.on('end', resolve)
    socket.resume()
    const parts = requests.flatMap((planned, index) => {
      const headers = [...planned.headers, 'Content-Length', String(planned.body.length)]
      if (index === requests.length - 1) headers.push('Connection', 'close')
      let head = `${planned.method} ${planned.target} HTTP/1.1\r\n`
      for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`
      return [Buffer.from(`${head}\r\n`, 'latin1'), planned.body]
    })
    socket.write(Buffer.concat(parts))
  })

const waiting: PlannedConnection[] = plannedConnections()
const work = async (): Promise<void> => {
  for (let next = waiting.shift(); next; next = waiting.shift())
    await (next.way === 'pipelined' ? pipelined : oneByOne)(next.requests)
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
