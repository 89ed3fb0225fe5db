import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * A thread that sends datagrams while the thread that started it stands still: as soon as the socket’s buffer is empty, so
 * that the kernel drops none and all of them wait in the receiver’s ring. Sets `done` when the last one is in there.
 */
export type BacklogData = { datagrams: Uint8Array[]; from: string; port: number; done: SharedArrayBuffer }

/** Fits into the default buffer of a socket many times. */
const AT_ONCE = 64

/** The receive queues of sockets on the port, in bytes (proc_net_udp: the second half of the fifth column). */
const waiting = (port: number): number => {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/udp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => local?.endsWith(end))
    .reduce((sum, columns) => sum + Number.parseInt(columns[4]?.split(':')[1] ?? '0', 16), 0)
}

const send = async ({ datagrams, from, port, done }: BacklogData): Promise<void> => {
  const socket = createSocket('udp4')
  socket.bind({ address: from, port: 0 })
  await once(socket, 'listening')
  parentPort?.postMessage('ready')
  const words = new Int32Array(done)
  Atomics.wait(words, 0, 0)
  for (let at = 0; at < datagrams.length; at += AT_ONCE) {
    await Promise.all(
      datagrams
        .slice(at, at + AT_ONCE)
        .map((datagram) => new Promise((sent) => socket.send(datagram, port, '127.0.0.1', sent))),
    )
    while (waiting(port) > 0) Atomics.wait(words, 0, 1, 1)
  }
  socket.close()
  Atomics.store(words, 0, 2)
  Atomics.notify(words, 0)
}

await send(workerData as BacklogData)
