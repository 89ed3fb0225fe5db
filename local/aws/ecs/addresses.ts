import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { ContainerDeclaration, ServiceDeclaration } from '../world.ts'

export type TaskAddress = { ip: string; port: number; healthPort: number }

/** An address for one more task, or undefined when all are taken. */
export async function freeAddress(
  { addresses }: ServiceDeclaration,
  container: ContainerDeclaration,
  taken: ReadonlySet<string>,
  /** Where to begin, so that an address just left is not taken at once: its last process may still hold it. */
  from: number,
): Promise<TaskAddress | undefined> {
  if (addresses.kind === 'shared') {
    const { ip } = addresses
    for (;;) {
      const port = container.protocol === 'udp' ? await freeDatagramPort(ip) : await freeStreamPort(ip)
      const healthPort = await freeStreamPort(ip)
      if (!taken.has(`${ip}:${port}`) && !taken.has(`${ip}:${healthPort}`)) return { ip, port, healthPort }
    }
  }
  const { ips } = addresses
  for (let index = 0; index < ips.length; index += 1) {
    const ip = ips[(from + index) % ips.length]
    if (ip !== undefined && !taken.has(ip))
      return { ip, port: container.port, healthPort: container.healthPort }
  }
  return undefined
}

function freeStreamPort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject).listen({ host, port: 0 }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function freeDatagramPort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject).bind({ address, port: 0 }, () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
