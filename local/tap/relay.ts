import { connect, createServer, type Server, type Socket } from 'node:net'
import {
  Conversation,
  type ConversationOptions,
  type Direction,
  type Segment,
} from '../../data-plane/wire/conversation.ts'
import type { Flow } from './flow.ts'
import { TCP } from './flow.ts'
import { FrameBuilder, type Station } from './frame-builder.ts'
import { toNumber } from './ipv4.ts'
import type { Endpoint } from './load-balancer.ts'
import type { Meter } from './meter.ts'
import type { Mirror, Route } from './mirror.ts'

export type RelayOptions = Readonly<{
  /** The mirrored network interface. */
  networkInterface: string
  instance: string
  mac: Uint8Array
  /** Where clients connect. */
  listen: Endpoint
  /** Address and port of the interface in the mirrored packets: `listen`, where the interface has an address of its own. */
  face: Endpoint
  /** The real service. */
  upstream: Endpoint
  /** MAC address that a client's packets come from. */
  macOf: (address: string) => Uint8Array
  mirror: Mirror
  meter: Meter
  conversation: ConversationOptions
}>

/** What never reached the mirror because of a fault of ours; production has not noticed. */
export type RelayCounters = { connections: number; refused: number; mirrorErrors: number }

/** Ethernet, IPv4 and TCP with timestamps. */
const FRAME_HEADERS = 66
/** Linux delays acknowledgements by at least this long. */
const DELAYED_ACK_MS = 40

/**
 * Stands on a network interface's address in front of the real service and passes bytes on, both ways, at the pace of
 * the two real sockets. What crosses is told to the mirror as the segments that a wire would have shown. Nothing of the
 * mirroring is waited for, and no failure of it reaches production.
 */
export class Relay {
  readonly counters: RelayCounters = { connections: 0, refused: 0, mirrorErrors: 0 }
  readonly #options: RelayOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #owing = new Set<Conversation>()
  #timer: NodeJS.Timeout | null = null

  constructor(options: RelayOptions) {
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#connect(client))
  }

  async listen(): Promise<Endpoint> {
    const { ip, port } = this.#options.listen
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host: ip, port, exclusive: true }, resolve)
    })
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('a relay listens on TCP')
    return { ip: address.address, port: address.port }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    if (this.#timer) clearTimeout(this.#timer)
    await closed
  }

  #connect(client: Socket): void {
    if (client.remoteAddress === undefined || client.remotePort === undefined) {
      client.destroy()
      return
    }
    this.counters.connections += 1
    const told = this.#conversation({ ip: client.remoteAddress, port: client.remotePort })
    const { ip, port } = this.#options.upstream
    const server = connect({ host: ip, port, allowHalfOpen: true, noDelay: true })
    let accepted = false
    let over = false
    const breakOff = (direction: Direction, peer: Socket) => {
      if (over) return
      over = true
      if (accepted || direction === 'ingress') told.reset(direction)
      else told.refuse()
      peer.resetAndDestroy()
    }
    told.open()
    server.once('connect', () => {
      accepted = true
      told.accept()
      this.#pass('ingress', client, server, told)
      this.#pass('egress', server, client, told)
    })
    client.on('error', () => breakOff('ingress', server))
    server.on('error', () => {
      if (!accepted) this.counters.refused += 1
      breakOff('egress', client)
    })
    this.#watch(client, server, told)
    this.#watch(server, client, told)
  }

  #watch(socket: Socket, peer: Socket, told: Conversation): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#owing.delete(told)
      // One end is gone without a word: the other has nobody to talk to.
      if (!peer.destroyed && !peer.writableEnded) peer.destroy()
    })
  }

  #pass(direction: Direction, from: Socket, to: Socket, told: Conversation): void {
    const { meter, instance } = this.#options
    from.on('data', (bytes: Buffer) => {
      told.data(direction, bytes)
      const goOn = to.write(bytes, (error) => {
        if (!error && told.delivered(direction, bytes.length)) this.#owe(told)
      })
      if (!goOn) from.pause()
      const packets = Math.ceil(bytes.length / told.payloadMax)
      meter.production(instance, direction, bytes.length + packets * FRAME_HEADERS, packets)
    })
    to.on('drain', () => from.resume())
    from.once('end', () => {
      told.finish(direction)
      to.once('finish', () => told.finished(direction))
      to.end()
    })
  }

  /** One timer for all connections, and none while nothing is owed. */
  #owe(told: Conversation): void {
    this.#owing.add(told)
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      for (const conversation of this.#owing) conversation.acknowledgeOwed()
      this.#owing.clear()
    }, DELAYED_ACK_MS).unref()
  }

  #conversation(client: Endpoint): Conversation {
    const { networkInterface, mirror, face, mac, macOf, conversation } = this.#options
    const routes = new Routes(mirror, networkInterface, client, face)
    const production: Station = { ...face, mac }
    const builder = new FrameBuilder({ ...client, mac: macOf(client.ip) }, production)
    const emit = (segment: Segment) => {
      try {
        const route = routes.of(segment.direction)
        if (route) mirror.copy(route, builder.frame(segment))
      } catch {
        // Mirroring may fail, production may not notice, and the conversation's numbers go on.
        this.counters.mirrorErrors += 1
      }
    }
    return new Conversation(conversation, (direction) => routes.of(direction) !== null, emit)
  }
}

/** The routes of one connection's two directions, asked for again only when the mirror has changed. */
class Routes {
  readonly #mirror: Mirror
  readonly #networkInterface: string
  readonly #flows: Readonly<Record<Direction, Flow>>
  #revision = -1
  #routes: Record<Direction, Route | null> = { ingress: null, egress: null }

  constructor(mirror: Mirror, networkInterface: string, client: Endpoint, production: Endpoint) {
    this.#mirror = mirror
    this.#networkInterface = networkInterface
    const [a, b] = [toNumber(client.ip), toNumber(production.ip)]
    const [p, q] = [client.port, production.port]
    this.#flows = {
      ingress: { protocol: TCP, source: a, destination: b, sourcePort: p, destinationPort: q },
      egress: { protocol: TCP, source: b, destination: a, sourcePort: q, destinationPort: p },
    }
  }

  of(direction: Direction): Route | null {
    if (this.#revision !== this.#mirror.revision) {
      this.#revision = this.#mirror.revision
      for (const way of ['ingress', 'egress'] as const)
        this.#routes[way] = this.#mirror.route(this.#networkInterface, way, this.#flows[way])
    }
    return this.#routes[direction]
  }
}
