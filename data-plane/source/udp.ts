import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import {
  addressNumber,
  type DatagramSource,
  type SourceLosses,
  type SourceOptions,
} from './datagram-source.ts'

/** How often the kernel's own drop counter is looked at. */
const DROPS_EVERY_MS = 1000
/** Before it closes, the kernel's buffer is emptied: until nothing has come for a moment, but not for ever. */
const QUIET_MS = 5
const LAST_LOOK_MS = 30

/**
 * The portable source: a socket of the event loop. A pause of this thread longer than the kernel's buffer lasts loses
 * datagrams; on Linux they are counted.
 */
export const openUdpSource = async ({
  host,
  port,
  shared,
  onDatagram,
  onFailure,
}: SourceOptions): Promise<DatagramSource> => {
  const socket = createSocket({ type: 'udp4', reusePort: shared })
  const losses: SourceLosses = { kernelOverflow: null, ringFull: 0 }
  let received = 0
  let lastAddress = ''
  let lastNumber = 0
  socket.on('message', (message: Buffer, from: RemoteInfo) => {
    if (from.address !== lastAddress) {
      lastAddress = from.address
      lastNumber = addressNumber(from.address) ?? 0
    }
    received++
    onDatagram(message, 0, message.length, lastNumber, performance.timeOrigin + performance.now())
  })
  socket.bind({ address: host, port })
  await once(socket, 'listening')
  socket.on('error', onFailure)
  const bound = socket.address()

  const readDrops = async () => {
    losses.kernelOverflow = await kernelDrops(bound.address, bound.port)
  }
  await readDrops()
  const timer = setInterval(readDrops, DROPS_EVERY_MS)
  timer.unref()

  let stopped: Promise<void> | null = null
  const stop = async () => {
    clearInterval(timer)
    const until = performance.now() + LAST_LOOK_MS
    for (let seen = -1; seen !== received && performance.now() < until; ) {
      seen = received
      await setTimeout(QUIET_MS)
    }
    await readDrops()
    const closed = once(socket, 'close')
    socket.close()
    await closed
  }

  return {
    kind: 'event-loop',
    address: bound.address,
    port: bound.port,
    losses: () => losses,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

/**
 * The drops column of /proc/net/udp for the sockets bound to this address and port (workers share a port, so their
 * drops are counted by the first); null where the file does not exist.
 */
const kernelDrops = async (address: string, port: number): Promise<number | null> => {
  const table = await readFile('/proc/net/udp', 'latin1').catch(() => null)
  const number = addressNumber(address)
  if (table === null || number === null) return null
  const hex = (value: number, width: number) => value.toString(16).toUpperCase().padStart(width, '0')
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(number)
  const local = `${hex(bytes.readUInt32BE(), 8)}:${hex(port, 4)}`
  let drops = 0
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/)
    if (columns[1] === local) drops += Number(columns.at(-1))
  }
  return drops
}
