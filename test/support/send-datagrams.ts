import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** What a receiver with the default socket buffer (212,992 bytes) can hold while it is not running, with room to spare. */
const AHEAD_BYTES = 60_000
/** What the kernel counts for a datagram beside twice its bytes. */
const OVERHEAD_BYTES = 1_280

export type SendTo = {
  address: string
  port: number
  /** How many datagrams have been received: with it nothing is lost however busy the machine is. */
  received?: () => Promise<number>
}

/** Sends datagrams in order to an address of this machine, from another one. */
export const sendDatagrams = async (
  datagrams: Iterable<Buffer>,
  to: SendTo,
  from = '127.0.0.1',
): Promise<void> => {
  const socket = createSocket('udp4')
  socket.bind({ address: from, port: 0 })
  await once(socket, 'listening')
  const before = (await to.received?.()) ?? 0
  let sent = 0
  let ahead = 0
  for (const datagram of datagrams) {
    await new Promise<void>((resolve, reject) =>
      socket.send(datagram, to.port, to.address, (error) => (error ? reject(error) : resolve())),
    )
    sent++
    ahead += OVERHEAD_BYTES + 2 * datagram.length
    if (ahead < AHEAD_BYTES) continue
    ahead = 0
    if (to.received) {
      while ((await to.received()) < before + sent) await new Promise((resolve) => setTimeout(resolve, 1))
    } else await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const closed = once(socket, 'close')
  socket.close()
  await closed
}

/** Packets of several connections in turns, each connection's own order kept. */
export const interleave = (connections: readonly (readonly Buffer[])[]): Buffer[] => {
  const packets: Buffer[] = []
  const longest = Math.max(...connections.map(({ length }) => length))
  for (let i = 0; i < longest; i++)
    for (const connection of connections) if (connection[i]) packets.push(connection[i] as Buffer)
  return packets
}
