/**
 * The few calls and layouts of the Linux C library that receiving in batches needs (x64 and arm64 agree on them:
 * 64-bit, little-endian). Calls throw an Error that names the call and its errno.
 */
import type koffiModule from 'koffi'

type Koffi = typeof koffiModule

const AF_INET = 2
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_REUSEPORT = 15
/** On Linux process 0 of setpriority(2) is the calling thread. */
const PRIO_PROCESS = 0
const PREFERRED_NICENESS = -15
export const SO_TIMESTAMPNS = 35
export const SO_RXQ_OVFL = 40
const SO_MEMINFO = 55
/** The array of SO_MEMINFO: nine 32-bit numbers, the drops last (SK_MEMINFO_DROPS). */
const MEMINFO_BYTES = 36
const MEMINFO_DROPS_AT = 32
export const MSG_DONTWAIT = 0x40
/** poll(2): data may be read. */
const POLLIN = 1
/** struct pollfd: descriptor, events asked for and events found (2 bytes each). */
const POLLFD_BYTES = 8
export const EINTR = 4
export const EAGAIN = 11

/** struct sockaddr_in */
export const SOCKADDR_BYTES = 16
/** struct iovec: base, length */
export const IOVEC_BYTES = 16
/** struct mmsghdr: name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48, received length 56 */
export const MMSGHDR_BYTES = 64

/** `polled`: their struct pollfd, one behind the other. */
export type BoundSockets = { fds: readonly number[]; polled: Buffer; address: string; port: number }

export type Libc = {
  /**
   * Opens and binds `count` datagram sockets that stamp arrivals and report overflows, all to one address: the kernel
   * keeps each outer flow on one of them, and each has a buffer of its own. Unless `shared`, nobody else may have it yet.
   */
  bindUdp(host: string, port: number, count: number, shared: boolean): BoundSockets
  /** Sleeps until a socket can be read, `timeoutMs` are over or a signal comes. */
  waitForOne(sockets: BoundSockets, timeoutMs: number): void
  /** Number of messages, or minus errno. */
  recvmmsg(fd: number, headers: Buffer, count: number, flags: number): number
  /** Datagrams that the socket has dropped so far because its buffer was full; null where the kernel does not say. */
  drops(fd: number): number | null
  address(buffer: Buffer): bigint
  /** Lets the calling thread run before others; false without the right to (CAP_SYS_NICE). */
  preferThisThread(): boolean
  close(fd: number): void
}

export const loadLibc = (koffi: Koffi): Libc => {
  const c = koffi.load(null)
  const socket = c.func('int socket(int, int, int)')
  const bind = c.func('int bind(int, void *, int)')
  const setsockopt = c.func('int setsockopt(int, int, int, void *, int)')
  const getsockopt = c.func('int getsockopt(int, int, int, void *, void *)')
  const getsockname = c.func('int getsockname(int, void *, void *)')
  const recvmmsg = c.func('int recvmmsg(int, void *, unsigned int, int, void *)')
  const poll = c.func('int poll(void *, unsigned long, int)')
  const close = c.func('int close(int)')
  const setpriority = c.func('int setpriority(int, int, int)')
  const names = new Map(Object.entries(koffi.os.errno).map(([name, code]) => [code, name]))

  const checked = (call: string, result: number): number => {
    if (result >= 0) return result
    const code = koffi.errno()
    throw Object.assign(new Error(`${call}: ${names.get(code) ?? `errno ${code}`}`), {
      code: names.get(code),
    })
  }
  const setOption = (fd: number, option: number, value: Buffer) =>
    checked('setsockopt', setsockopt(fd, SOL_SOCKET, option, value, value.length))
  const one = Buffer.from([1, 0, 0, 0])
  const memory = Buffer.alloc(MEMINFO_BYTES)
  const memoryLength = Buffer.alloc(4)

  /** @param shared whether others may have the address too; without it, only those that are opened after it may. */
  const open = (host: string, port: number, shared: boolean): number => {
    const fd = checked('socket', socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    try {
      if (shared) setOption(fd, SO_REUSEPORT, one)
      setOption(fd, SO_TIMESTAMPNS, one)
      setOption(fd, SO_RXQ_OVFL, one)
      const name = Buffer.alloc(SOCKADDR_BYTES)
      name.writeUInt16LE(AF_INET, 0)
      name.writeUInt16BE(port, 2)
      for (const [index, part] of host.split('.').entries()) name[4 + index] = Number(part)
      checked('bind', bind(fd, name, name.length))
      setOption(fd, SO_REUSEPORT, one)
      return fd
    } catch (error) {
      close(fd)
      throw error
    }
  }
  const nameOf = (fd: number): { address: string; port: number } => {
    const name = Buffer.alloc(SOCKADDR_BYTES)
    const length = Buffer.from([SOCKADDR_BYTES, 0, 0, 0])
    checked('getsockname', getsockname(fd, name, length))
    return { address: [...name.subarray(4, 8)].join('.'), port: name.readUInt16BE(2) }
  }

  return {
    bindUdp: (host, port, count, shared) => {
      const fds = [open(host, port, shared)]
      try {
        const bound = nameOf(fds[0] as number)
        while (fds.length < count) fds.push(open(host, bound.port, true))
        const polled = Buffer.alloc(count * POLLFD_BYTES)
        for (const [index, fd] of fds.entries()) {
          polled.writeInt32LE(fd, index * POLLFD_BYTES)
          polled.writeInt16LE(POLLIN, index * POLLFD_BYTES + 4)
        }
        return { fds, polled, ...bound }
      } catch (error) {
        for (const fd of fds) close(fd)
        throw error
      }
    },
    waitForOne: ({ fds, polled }, timeoutMs) => {
      poll(polled, fds.length, timeoutMs)
    },
    recvmmsg: (fd, headers, count, flags) => {
      const received = recvmmsg(fd, headers, count, flags, null)
      return received >= 0 ? received : -koffi.errno()
    },
    drops: (fd) => {
      memoryLength.writeUInt32LE(memory.length)
      if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, memoryLength) !== 0) return null
      return memoryLength.readUInt32LE() < MEMINFO_BYTES ? null : memory.readUInt32LE(MEMINFO_DROPS_AT)
    },
    address: (buffer) => koffi.address(buffer),
    preferThisThread: () => setpriority(PRIO_PROCESS, 0, PREFERRED_NICENESS) === 0,
    close: (fd) => {
      close(fd)
    },
  }
}
