import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import type { Endpoint } from './load-balancer.ts'

/** As AWS sends mirrored packets. */
const TTL = 255

/** Addresses are literal: without a look-up a datagram leaves within the call. */
const literal: NonNullable<SocketOptions['lookup']> = (address, _options, callback) =>
  callback(null, address, 4)

/** Null: that address cannot be sent from. */
type Slot = { socket: Socket | null }

/** Sends datagrams from given addresses and ports; one socket for each, opened when first used. */
export class UdpSender {
  readonly #slots = new Map<string, Slot>()
  /** Errors of sockets, whether of opening or of sending. */
  errors = 0

  /** False when the system’s buffer has no room: nothing waits here for it to have some. */
  send(from: Endpoint, to: Endpoint, payload: Buffer): boolean {
    const { socket } = this.#slot(from)
    if (socket === null || socket.getSendQueueSize() > 0) return false
    socket.send(payload, to.port, to.ip)
    return true
  }

  async close(): Promise<void> {
    const sockets = [...this.#slots.values()].flatMap(({ socket }) => socket ?? [])
    this.#slots.clear()
    await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))))
  }

  #slot(from: Endpoint): Slot {
    const key = `${from.ip}:${from.port}`
    const known = this.#slots.get(key)
    if (known) return known
    const slot: Slot = { socket: null }
    this.#slots.set(key, slot)
    // Where another program has that port, the copy is worth more than its number.
    this.#open(slot, from, () => this.#open(slot, { ip: from.ip, port: 0 }, () => {}))
    return slot
  }

  #open(slot: Slot, from: Endpoint, otherwise: () => void): void {
    const socket = createSocket({ type: 'udp4', lookup: literal })
    slot.socket = socket
    let bound = false
    socket.once('listening', () => {
      bound = true
      socket.setTTL(TTL)
    })
    socket.on('error', () => {
      this.errors += 1
      if (bound) return
      slot.socket = null
      socket.close()
      otherwise()
    })
    socket.bind({ address: from.ip, port: from.port, exclusive: true })
  }
}
