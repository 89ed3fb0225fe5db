import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Sends datagrams in order to an address of this machine, from another one, at a rate any receiver can follow. */
export const sendDatagrams = async (
  datagrams: Iterable<Buffer>,
  to: { address: string; port: number },
  from = '127.0.0.1',
): Promise<void> => {
  const socket = createSocket('udp4')
  socket.bind({ address: from, port: 0 })
  await once(socket, 'listening')
  let sent = 0
  for (const datagram of datagrams) {
    await new Promise<void>((resolve, reject) =>
      socket.send(datagram, to.port, to.address, (error) => (error ? reject(error) : resolve())),
    )
    if (++sent % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
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
