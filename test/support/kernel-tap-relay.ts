/**
 * Stands between the kernel's VXLAN packets and the gateway, a process of its own: some packets come late, so that others
 * overtake them, and some come twice. Arguments: from HOST PORT, to HOST PORT, seed.
 */
import { createSocket } from 'node:dgram'

const LATE = 0.1
const TWICE = 0.05
/** At most; well within what reassembly waits for a late packet. */
const LATE_MS = 20

const [fromHost = '', fromPort, toHost = '', toPort, seed] = process.argv.slice(2)
let state = Number(seed) | 0
/** Mulberry32. */
const random = (): number => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

let received = 0
let sent = 0
let late = 0
const incoming = createSocket('udp4')
const outgoing = createSocket('udp4')
const send = (datagram: Buffer) => {
  sent++
  outgoing.send(datagram)
}
incoming.on('message', (datagram) => {
  received++
  if (random() < TWICE) setTimeout(send, random() * LATE_MS, datagram)
  if (random() < LATE) {
    late++
    setTimeout(send, random() * LATE_MS, datagram)
  } else send(datagram)
})
// A late packet may find the gateway gone.
outgoing.on('error', () => {})
process.on('message', () => process.send?.({ received, sent, late }))
process.once('disconnect', () => process.exit())
outgoing.connect(Number(toPort), toHost, () =>
  incoming.bind(Number(fromPort), fromHost, () => process.send?.('listening')),
)
