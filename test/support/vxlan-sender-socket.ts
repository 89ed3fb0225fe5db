import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Sends packets that lie in one memory, by their index. What it has been given may change when the call returns. */
export type PacketSocket = {
  readonly kind: 'sendmmsg' | 'dgram'
  /** Packets `first` to `first + count`, in order. */
  send(first: number, count: number): void
  close(): void
}

/** Where each packet is: offsets and lengths within `memory`. */
export type PacketTable = { memory: Buffer; offsets: Uint32Array; lengths: Uint32Array }

type Address = { host: string; port: number }

const AF_INET = 2
const SOCK_DGRAM = 2
const SOCKADDR_BYTES = 16
const IOVEC_BYTES = 16
const MMSGHDR_BYTES = 64
/** UIO_MAXIOV: the kernel takes no more in one call. */
const BATCH_MAX = 1024
const ENOBUFS = 105
const EAGAIN = 11
const ECONNREFUSED = 111

/** A socket bound to a port of its own and connected; `sendmmsg` where koffi is installed, else the event loop's. */
export const openPacketSocket = async (table: PacketTable, to: Address): Promise<PacketSocket> => {
  try {
    return openSendmmsg((await import('koffi')).default, table, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    return openDgram(table, to)
  }
}

const openSendmmsg = (
  koffi: typeof import('koffi').default,
  { memory, offsets, lengths }: PacketTable,
  to: Address,
): PacketSocket => {
  const c = koffi.load(null)
  const socket = c.func('int socket(int, int, int)')
  const connect = c.func('int connect(int, void *, int)')
  const sendmmsg = c.func('int sendmmsg(int, void *, unsigned int, int)')
  const close = c.func('int close(int)')

  const name = Buffer.alloc(SOCKADDR_BYTES)
  name.writeUInt16LE(AF_INET, 0)
  name.writeUInt16BE(to.port, 2)
  for (const [index, part] of to.host.split('.').entries()) name[4 + index] = Number(part)
  const fd = socket(AF_INET, SOCK_DGRAM, 0)
  if (fd < 0 || connect(fd, name, name.length) < 0) throw new Error(`connect: errno ${koffi.errno()}`)

  const count = offsets.length
  const vectors = Buffer.alloc(count * IOVEC_BYTES)
  const headers = Buffer.alloc(count * MMSGHDR_BYTES)
  const memoryAt = koffi.address(memory)
  const vectorsAt = koffi.address(vectors)
  for (let i = 0; i < count; i++) {
    vectors.writeBigUInt64LE(memoryAt + BigInt(offsets[i] as number), i * IOVEC_BYTES)
    vectors.writeBigUInt64LE(BigInt(lengths[i] as number), i * IOVEC_BYTES + 8)
    headers.writeBigUInt64LE(vectorsAt + BigInt(i * IOVEC_BYTES), i * MMSGHDR_BYTES + 16)
    headers.writeBigUInt64LE(1n, i * MMSGHDR_BYTES + 24)
  }
  // Raw addresses keep nothing from being collected: the socket holds all of it.
  const kept = { memory, vectors, headers }
  return {
    kind: 'sendmmsg',
    send: (first, wanted) => {
      for (let at = first; at < first + wanted; ) {
        const batch = Math.min(BATCH_MAX, first + wanted - at)
        const from = kept.headers.subarray(at * MMSGHDR_BYTES)
        const sent = sendmmsg(fd, from, batch, 0)
        if (sent > 0) at += sent
        else {
          const code = koffi.errno()
          if (code !== ENOBUFS && code !== EAGAIN && code !== ECONNREFUSED)
            throw new Error(`sendmmsg: errno ${code}`)
        }
      }
    },
    close: () => close(fd),
  }
}

const openDgram = async ({ memory, offsets, lengths }: PacketTable, to: Address): Promise<PacketSocket> => {
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  socket.connect(to.port, to.host)
  await once(socket, 'connect')
  return {
    kind: 'dgram',
    send: (first, count) => {
      for (let i = first; i < first + count; i++) {
        const at = offsets[i] as number
        // What the system cannot take at once waits by reference, and the memory is written again meanwhile.
        socket.send(Buffer.from(memory.subarray(at, at + (lengths[i] as number))))
      }
    },
    close: () => socket.close(),
  }
}
