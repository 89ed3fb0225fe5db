import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/**
 * Where the local VPC’s addresses come from. `each`: a /24 of the loopback network, in which everything has an address of
 * its own, as on AWS (Linux answers on all of 127/8). `shared`: 127.0.0.1 and free ports (everywhere else).
 */
export type LocalNetwork =
  | { kind: 'each'; prefix: string }
  | { kind: 'shared'; ports: Readonly<Partial<Record<Place, number>>> }

type Endpoint = { ip: string; port: number }

/** Everything that listens on TCP: last byte of its own address, and its port there. */
const PLACES = {
  supervisor: { host: 1, port: 14_789 },
  'orders-1': { host: 10, port: 8080 },
  'orders-1-app': { host: 10, port: 18_080 },
  'orders-2': { host: 138, port: 8080 },
  'orders-2-app': { host: 138, port: 18_080 },
  own: { host: 20, port: 8080 },
  shadow: { host: 240, port: 9000 },
  control: { host: 241, port: 9000 },
} as const
export type Place = keyof typeof PLACES

/** The first of the gateway tasks’ addresses. */
const HOST_OF_A_TASK = 64
const VXLAN_PORT = 4789

/** Where a place listens. */
export const endpointOf = (network: LocalNetwork, place: Place): Endpoint => {
  if (network.kind === 'shared') return { ip: '127.0.0.1', port: network.ports[place] ?? 0 }
  const { host, port } = PLACES[place]
  return { ip: `${network.prefix}.${host}`, port }
}

/** The address with this last byte; in a shared network they are all one. */
export const addressOf = (network: LocalNetwork, host: number): string =>
  network.kind === 'each' ? `${network.prefix}.${host}` : '127.0.0.1'

/** The VPC’s addresses, or half of them, as a CIDR block; in a shared network there is only one. */
export const blockOf = (network: LocalNetwork, part: 'all' | 'first' | 'second'): string => {
  if (network.kind === 'shared') return '127.0.0.0/24'
  return part === 'all' ? `${network.prefix}.0/24` : `${network.prefix}.${part === 'first' ? 0 : 128}/25`
}

/** The address and port that a place has in mirrored packets: of the VPC, whatever it listens on. */
export const faceOf = (network: LocalNetwork, place: Place): Endpoint => ({
  ip: addressOf(network, PLACES[place].host),
  port: PLACES[place].port,
})

/**
 * Keeps a network for this process: the system gives it free when the process is gone, however that went. False when
 * another process has it.
 */
export const holdNetwork = (network: LocalNetwork): Promise<boolean> =>
  new Promise((resolve) => {
    const { ip, port } = endpointOf(network, 'supervisor')
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(false))
    server.listen({ host: ip, port, exclusive: true }, () => resolve(true))
    server.unref()
  })

/** A network that nobody uses now. */
export const chooseNetwork = async (
  random: () => number,
  kind: LocalNetwork['kind'] = 'each',
): Promise<LocalNetwork> => {
  const byte = (from: number, to: number) => from + Math.floor(random() * (to - from + 1))
  for (let attempt = 0; attempt < 20 && kind === 'each'; attempt++) {
    const prefix = `127.${byte(32, 250)}.${byte(1, 250)}`
    if (await isFree(prefix)) return { kind: 'each', prefix }
  }
  const ports: Partial<Record<Place, number>> = {}
  for (const place of Object.keys(PLACES) as Place[]) {
    const port = await freePort('127.0.0.1', 0)
    if (port !== null) ports[place] = port
  }
  return { kind: 'shared', ports }
}

/**
 * Whether all that will listen in a network can. A program that listens on all addresses of the machine takes its port
 * here too; then there is no such network, and the ports of a shared one must do.
 */
const isFree = async (prefix: string): Promise<boolean> => {
  for (const { host, port } of Object.values(PLACES))
    if ((await freePort(`${prefix}.${host}`, port)) === null) return false
  return isFreeForDatagrams(`${prefix}.${HOST_OF_A_TASK}`, VXLAN_PORT)
}

const isFreeForDatagrams = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(true)))
  })

/** The port, or the one that the system gave for 0; null when it is taken or the address is not this machine’s. */
export const freePort = (host: string, port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      const given = typeof address === 'object' && address ? address.port : null
      server.close(() => resolve(given))
    })
  })
