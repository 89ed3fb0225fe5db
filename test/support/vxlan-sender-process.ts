/**
 * Sends mirrored traffic at a steady rate, a process of its own. Its parent tells it what (see vxlan-sender.ts), and
 * gets an answer for each call when it is done.
 */
import { openPacketSocket, type PacketSocket } from './vxlan-sender-socket.ts'
import { Traffic, type TrafficOptions } from './vxlan-sender-traffic.ts'

export type SenderData = TrafficOptions & { to: { host: string; port: number }; sockets: number }
export type SenderCall =
  | { name: 'open'; packetsPerSecond: number }
  | { name: 'run'; exchangesPerSecond: number; exchanges: number }
export type SenderAnswer = {
  socket: PacketSocket['kind']
  packets: number
  exchanges: number
  /** Sum of the numbers in the request targets. */
  numbers: number
  seconds: number
}

/**
 * A sender that was not scheduled makes up for it, but not in one burst that no source makes: with at most twice its
 * rate, or so many bytes in a millisecond as the kernel accounts them, a quarter of a socket's default buffer.
 */
const BURST_BYTES = 212_992 / 4
/** What the kernel adds to a datagram when it accounts for it, about. */
const ACCOUNTED = 1_000
/** What it is behind by more is given up. */
const CATCH_UP_MS = 100
const SLEEP_MS = 1

/** The connections of one outer source port, as the hash of a real source spreads them. */
type Group = { socket: PacketSocket; first: number; count: number; next: number }

const sleeping = new Int32Array(new SharedArrayBuffer(4))

const start = async (data: SenderData) => {
  const traffic = new Traffic(data)
  const groups: Group[] = []
  for (let g = 0; g < data.sockets; g++) {
    const first = Math.floor((g * data.connections) / data.sockets)
    const count = Math.floor(((g + 1) * data.connections) / data.sockets) - first
    const socket = await openPacketSocket(traffic.table, data.to)
    if (count > 0) groups.push({ socket, first, count, next: 0 })
  }
  const openingTable = emptyTable()
  const openingSocket = await openPacketSocket(openingTable, data.to)
  let number = 0

  const answer = (packets: number, exchanges: number, numbers: number, startedAt: number): SenderAnswer => ({
    socket: openingSocket.kind,
    packets,
    exchanges,
    numbers,
    seconds: (performance.now() - startedAt) / 1000,
  })

  return {
    open: ({ packetsPerSecond }: Extract<SenderCall, { name: 'open' }>): SenderAnswer => {
      const startedAt = performance.now()
      let packets = 0
      paced(packetsPerSecond / 2, traffic.connections, burst(OPENING_BYTES, 2), (first, count) => {
        for (let c = first; c < first + count; c++)
          for (const datagram of traffic.opening(c)) {
            openingTable.memory.set(datagram)
            openingSocket.send(0, 1)
            packets++
          }
      })
      return answer(packets, 0, 0, startedAt)
    },
    run: ({ exchangesPerSecond, exchanges }: Extract<SenderCall, { name: 'run' }>): SenderAnswer => {
      const startedAt = performance.now()
      let numbers = 0
      let turn = 0
      const { packetsPerExchange, table } = traffic
      const bytes = table.memory.length / table.offsets.length
      paced(exchangesPerSecond, exchanges, burst(bytes, packetsPerExchange), (_first, due) => {
        for (let left = due; left > 0; ) {
          const group = groups[turn++ % groups.length] as Group
          const share = Math.min(left, Math.ceil(due / groups.length), group.count - group.next)
          const from = group.first + group.next
          for (let c = from; c < from + share; c++) {
            numbers += number
            traffic.next(c, number++)
          }
          group.socket.send(from * packetsPerExchange, share * packetsPerExchange)
          group.next = (group.next + share) % group.count
          left -= share
        }
      })
      return answer(exchanges * traffic.packetsPerExchange, exchanges, numbers, startedAt)
    },
  }
}

/** Items that may go at once, each of so many packets of so many bytes. */
const burst = (bytes: number, packets: number): number =>
  Math.ceil(BURST_BYTES / ((bytes + ACCOUNTED) * packets))

/** Calls `send` for `total` items at this rate, every millisecond. */
const paced = (
  perSecond: number,
  total: number,
  atOnce: number,
  send: (first: number, count: number) => void,
): void => {
  const perMs = perSecond / 1000
  const most = Math.max(atOnce, Math.ceil(2 * perMs))
  let startedAt = performance.now()
  for (let sent = 0; sent < total; ) {
    const now = performance.now()
    const behind = now - startedAt - sent / perMs
    if (behind > CATCH_UP_MS) startedAt += behind - CATCH_UP_MS
    const due = Math.min(most, Math.min(total, Math.floor((now - startedAt) * perMs)) - sent)
    if (due > 0) {
      send(sent, due)
      sent += due
    }
    if (sent < total) Atomics.wait(sleeping, 0, 0, SLEEP_MS)
  }
}

const OPENING_BYTES = 62

const emptyTable = () => ({
  memory: Buffer.allocUnsafeSlow(OPENING_BYTES),
  offsets: Uint32Array.of(0),
  lengths: Uint32Array.of(OPENING_BYTES),
})

const sender = start(JSON.parse(process.argv[2] ?? '') as SenderData)
process.on('message', async (call: SenderCall) => {
  const { open, run } = await sender
  process.send?.(call.name === 'open' ? open(call) : run(call))
})
process.once('disconnect', () => process.exit())
await sender
process.send?.('ready')
