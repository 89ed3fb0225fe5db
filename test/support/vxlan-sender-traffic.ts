import { parseAddress } from '../../data-plane/wire/address.ts'
import { ethernetFrame, type IpOptions, tcpPacket, vxlanPayload } from '../../data-plane/wire/emit.ts'
import { ACK, FIN, PSH, SYN } from '../../data-plane/wire/tcp.ts'
import type { PacketTable } from './vxlan-sender-socket.ts'

/**
 * What mirrored connections carry.
 * - `get`: keep-alive GETs of 360 bytes, the client's packets only
 * - `post`: keep-alive POSTs with bodies of 4,096 bytes, the client's packets only
 * - `paired`: as `get`, and production's responses with 1,024 bytes of body
 * - `short`: a connection for every GET, the client's packets only
 */
export type TrafficKind = 'get' | 'post' | 'paired' | 'short'

export type TrafficOptions = {
  kind: TrafficKind
  vni: number
  /** Connections that are open at the same time. */
  connections: number
  /** Another seed makes other sequence numbers. */
  seed: number
}

export const SERVICE_PORT = 8080
const MSS = 1460
const SERVER: Uint8Array = parseAddress('10.1.0.10')
const CLIENT_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1)
const SERVER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2)

/** Offsets within a datagram: VXLAN 8, Ethernet 14, IPv4 20, TCP 20. */
const TCP_AT = 42
const SEQUENCE_AT = TCP_AT + 4
const ACKNOWLEDGEMENT_AT = TCP_AT + 8
const CHECKSUM_AT = TCP_AT + 16
const PAYLOAD_AT = TCP_AT + 20

/** One packet of an exchange. What is not mirrored only moves the sequence numbers on. */
type Step = {
  from: 'client' | 'server'
  flags: number
  payload: Buffer
  mirrored: boolean
  numbered: boolean
}

/**
 * Endless valid traffic of many connections: each exchange of each connection has its own sequence numbers, right
 * checksums and a number of its own in the request target. Packets are built once and changed in place.
 */
export class Traffic {
  readonly table: PacketTable
  readonly packetsPerExchange: number
  readonly connections: number
  readonly #steps: Step[]
  readonly #isShort: boolean
  readonly #vni: number
  /** Next sequence number of the client and of the server, by connection. */
  readonly #client: Int32Array
  readonly #server: Int32Array
  readonly #ports: Uint16Array

  constructor({ kind, vni, connections, seed }: TrafficOptions) {
    this.#steps = steps(kind)
    this.#isShort = kind === 'short'
    this.#vni = vni
    this.connections = connections
    this.#client = new Int32Array(connections)
    this.#server = new Int32Array(connections)
    this.#ports = new Uint16Array(connections)
    for (let c = 0; c < connections; c++) {
      this.#client[c] = Math.imul(seed + c * 2 + 1, 0x9e3779b1)
      this.#server[c] = Math.imul(seed + c * 2 + 2, 0x85ebca6b)
      this.#ports[c] = 1024 + ((c * 7) % 60_000)
    }
    const mirrored = this.#steps.filter((step) => step.mirrored)
    this.packetsPerExchange = mirrored.length
    const packets = connections * mirrored.length
    const lengths = new Uint32Array(packets)
    const offsets = new Uint32Array(packets)
    const perConnection = mirrored.reduce((sum, { payload }) => sum + PAYLOAD_AT + payload.length, 0)
    const memory = Buffer.allocUnsafeSlow(connections * perConnection)
    let at = 0
    for (let c = 0, i = 0; c < connections; c++)
      for (const step of mirrored) {
        const datagram = this.#datagram(c, step)
        memory.set(datagram, at)
        offsets[i] = at
        lengths[i++] = datagram.length
        at += datagram.length
      }
    this.table = { memory, offsets, lengths }
  }

  /** Datagrams that open a connection; short connections open themselves. */
  opening(c: number): Buffer[] {
    if (this.#isShort) return []
    const isPaired = this.#steps.some((step) => step.from === 'server' && step.mirrored)
    const datagrams: Buffer[] = []
    const packet = (from: Step['from'], flags: number, isMirrored = true) => {
      const step: Step = { from, flags, payload: NOTHING, mirrored: true, numbered: false }
      if (isMirrored) datagrams.push(this.#datagram(c, step))
      this.#advance(c, step)
    }
    packet('client', SYN)
    packet('server', SYN | ACK, isPaired)
    packet('client', ACK)
    return datagrams
  }

  /** Makes the packets of one connection those of its next exchange. `number` has at most eight digits. */
  next(c: number, number: number): void {
    const { memory, offsets } = this.table
    if (this.#isShort) this.#startAgain(c)
    let i = c * this.packetsPerExchange
    for (const step of this.#steps) {
      if (step.mirrored) {
        const at = offsets[i++] as number
        const [sequence, acknowledgement] = this.#numbers(c, step)
        replaceWord(memory, at, SEQUENCE_AT, sequence)
        replaceWord(memory, at, ACKNOWLEDGEMENT_AT, acknowledgement)
        if (this.#isShort) replaceHalf(memory, at, TCP_AT, this.#ports[c] as number)
        if (step.numbered) writeNumber(memory, at, number)
      }
      this.#advance(c, step)
    }
  }

  #startAgain(c: number): void {
    const port = (this.#ports[c] as number) + 1
    this.#ports[c] = port > 0xffff ? 1024 : port
    this.#client[c] = Math.imul((this.#client[c] as number) + 0x3243f6a9, 0x9e3779b1)
    this.#server[c] = Math.imul((this.#server[c] as number) + 0x3243f6a9, 0x85ebca6b)
  }

  #numbers(c: number, { from, flags }: Step): [number, number] {
    const client = this.#client[c] as number
    const server = this.#server[c] as number
    const other = from === 'client' ? server : client
    return [from === 'client' ? client : server, (flags & ACK) === 0 ? 0 : other]
  }

  #advance(c: number, { from, flags, payload }: Step): void {
    const next = from === 'client' ? this.#client : this.#server
    const length = payload.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)
    next[c] = (next[c] as number) + length
  }

  #datagram(c: number, step: Step): Buffer {
    const [sequence, acknowledgement] = this.#numbers(c, step)
    const client = { address: clientAddress(c), port: this.#ports[c] as number, mac: CLIENT_MAC }
    const server = { address: SERVER, port: SERVICE_PORT, mac: SERVER_MAC }
    const [source, destination] = step.from === 'client' ? [client, server] : [server, client]
    const ip: IpOptions = { source: source.address, destination: destination.address }
    const ports = { sourcePort: source.port, destinationPort: destination.port }
    const packet = tcpPacket(ip, { ...ports, sequence, acknowledgement, flags: step.flags }, step.payload)
    const macs = { sourceMac: source.mac, destinationMac: destination.mac }
    return vxlanPayload(this.#vni, ethernetFrame(packet, macs))
  }
}

const NOTHING = Buffer.alloc(0)
const DIGITS = 8

/** 10.2.x.y: one address for each connection, so that ports may be the same. */
const clientAddress = (c: number): Uint8Array => Uint8Array.of(10, 2 + (c >>> 16), (c >>> 8) & 0xff, c & 0xff)

const steps = (kind: TrafficKind): Step[] => {
  const isPaired = kind === 'paired'
  const client = (flags: number, payload: Buffer = NOTHING, numbered = false): Step => ({
    from: 'client',
    flags,
    payload,
    mirrored: true,
    numbered,
  })
  const server = (flags: number, payload: Buffer = NOTHING): Step => ({
    from: 'server',
    flags,
    payload,
    mirrored: isPaired,
    numbered: false,
  })
  const request = kind === 'post' ? postRequest() : getRequest()
  const exchange: Step[] = []
  for (let at = 0; at < request.length; at += MSS) {
    const isLast = at + MSS >= request.length
    exchange.push(client(isLast ? ACK | PSH : ACK, request.subarray(at, at + MSS), at === 0))
  }
  exchange.push(server(ACK | PSH, response()))
  if (kind !== 'short') return exchange
  const opening = [client(SYN), server(SYN | ACK), client(ACK)]
  const closing = [client(ACK), client(FIN | ACK), server(FIN | ACK), client(ACK)]
  return [...opening, ...exchange, ...closing]
}

/** In both requests the number stands at this even offset, as the checksum is one of 16-bit words. */
const NUMBER_AT = 'GET /item/'.length
const NUMBER = '00000000'

const getRequest = (): Buffer => filled(`GET /item/${NUMBER}?page=2&sort=price HTTP/1.1\r\n${HEADERS}`, 360)

const postRequest = (): Buffer => {
  const head = `POST /buy/${NUMBER} HTTP/1.1\r\n${HEADERS}Content-Type: application/json\r\nContent-Length: 4096\r\n`
  const body = JSON.stringify({ items: 'x'.repeat(4096 - '{"items":""}'.length) })
  return Buffer.from(`${head}\r\n${body}`)
}

const HEADERS =
  'Host: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n' +
  'Accept: application/json\r\nAccept-Language: en-GB,en;q=0.8\r\nAccept-Encoding: gzip, br\r\n' +
  'Connection: keep-alive\r\n'

/** A cookie makes the head as long as wanted. */
const filled = (head: string, length: number): Buffer => {
  const rest = length - head.length - 'Cookie: \r\n\r\n'.length
  return Buffer.from(`${head}Cookie: ${'s'.repeat(rest)}\r\n\r\n`)
}

const response = (): Buffer =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1024\r\nCache-Control: no-store\r\n\r\n${'r'.repeat(1024)}`,
  )

/** Replaces 16 bits of a datagram that begins at `start` and corrects its TCP checksum (RFC 1624). */
const replaceHalf = (b: Buffer, start: number, at: number, value: number): void => {
  const old = b.readUInt16BE(start + at)
  let sum = (~b.readUInt16BE(start + CHECKSUM_AT) & 0xffff) + (~old & 0xffff) + value
  sum = (sum & 0xffff) + (sum >>> 16)
  sum = (sum & 0xffff) + (sum >>> 16)
  b.writeUInt16BE(~sum & 0xffff, start + CHECKSUM_AT)
  b.writeUInt16BE(value, start + at)
}

const replaceWord = (b: Buffer, start: number, at: number, value: number): void => {
  replaceHalf(b, start, at, value >>> 16)
  replaceHalf(b, start, at + 2, value & 0xffff)
}

const writeNumber = (b: Buffer, start: number, number: number): void => {
  let rest = number
  for (let digit = DIGITS - 2; digit >= 0; digit -= 2) {
    const ones = rest % 10
    const tens = ((rest - ones) / 10) % 10
    rest = Math.floor(rest / 100)
    replaceHalf(b, start, PAYLOAD_AT + NUMBER_AT + digit, ((0x30 + tens) << 8) | (0x30 + ones))
  }
}
