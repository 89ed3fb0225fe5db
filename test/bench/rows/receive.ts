import { setTimeout as sleep } from 'node:timers/promises'
import { startVxlanSender } from '../../support/vxlan-sender.ts'
import { type Receiver, startLoop, startReceiver } from '../receiver.ts'
import type { Line, Row } from '../row.ts'

const CONNECTIONS = 400
/** Packets a second, the highest first. */
const RATES = [100_000, 80_000, 60_000, 40_000, 20_000, 10_000]
const WARM_UP_SECONDS = 3
const SECONDS = 3
/** The ways take turns, so that what else the machine does meets all of them. */
const ROUNDS = 2
/** A measure that lost packets is taken again so often; then it stands, with its loss. */
const TRIES = 4
const VNI = 42
const SOCKETS = 16
const DRAIN_MS = 300

/**
 * `rateOf` names the way whose rate it is measured at: the highest at which that one loses nothing, since what follows a
 * lost packet is other work. What is compared with each other has one rate.
 */
type Way = { rateOf: string; start: () => Promise<Receiver | null> }

const REASSEMBLING = 'receiver thread, reassembling'
const WAYS: Record<string, Way> = {
  'receiver thread, counting': { rateOf: REASSEMBLING, start: () => startReceiver('thread', 'count') },
  [REASSEMBLING]: { rateOf: REASSEMBLING, start: () => startReceiver('thread', 'reassemble') },
  'C loop in recvmmsg, counting': { rateOf: REASSEMBLING, start: startLoop },
  'receiver thread, parsing HTTP': {
    rateOf: 'receiver thread, parsing HTTP',
    start: () => startReceiver('thread', 'parse'),
  },
  'node:dgram, counting': {
    rateOf: 'node:dgram, reassembling',
    start: () => startReceiver('dgram', 'count'),
  },
  'node:dgram, reassembling': {
    rateOf: 'node:dgram, reassembling',
    start: () => startReceiver('dgram', 'reassemble'),
  },
}

type Measured = { rate: number; cpuMs: number; datagrams: number; sent: number }

/** Packets per second of processor time by way of receiving, of keep-alive GETs of 360 bytes. */
export const receiveRows: Row[] = [
  {
    name: 'receive',
    group: 'receiving and reassembling',
    run: async ({ log }) => {
      const rates = new Map<string, number>()
      for (const { rateOf } of Object.values(WAYS))
        if (!rates.has(rateOf)) rates.set(rateOf, await losslessRate(WAYS[rateOf] as Way))
      const totals = new Map<string, Measured>()
      for (let round = 0; round < ROUNDS; round++)
        for (const [name, { rateOf, start }] of Object.entries(WAYS)) {
          const measured = await lossless(start, rates.get(rateOf) as number)
          if (measured === null) log('no C compiler here: nothing to compare the loop in C with')
          else totals.set(name, added(totals.get(name), measured))
        }
      return lines(totals)
    },
  },
]

const losslessRate = async ({ start }: Way): Promise<number> => {
  for (const rate of RATES) {
    const measured = await lossless(start, rate, 2)
    if (measured !== null && measured.datagrams === measured.sent) return rate
  }
  return RATES.at(-1) as number
}

/** Null when it cannot be started here. */
const lossless = async (start: Way['start'], rate: number, tries = TRIES): Promise<Measured | null> => {
  for (let left = tries; ; left--) {
    const receiver = await start()
    if (receiver === null) return null
    const measured = await measure(receiver, rate)
    if (measured.datagrams === measured.sent || left === 1) return measured
  }
}

const measure = async (receiver: Receiver, rate: number): Promise<Measured> => {
  const to = { host: '127.0.0.1', port: receiver.port }
  const sender = await startVxlanSender({
    kind: 'get',
    connections: CONNECTIONS,
    vni: VNI,
    seed: 7,
    to,
    sockets: SOCKETS,
  })
  const opened = await sender.open(rate / 4)
  const warmUp = await sender.run(rate, rate * WARM_UP_SECONDS)
  await sleep(DRAIN_MS)
  const before = await receiver.received()
  const cpuBefore = receiver.cpuMs()
  const { packets } = await sender.run(rate, rate * SECONDS)
  await sleep(DRAIN_MS)
  const cpuMs = receiver.cpuMs() - cpuBefore
  await sender.close()
  const all = await receiver.stop()
  // What only counts at its end is taken to have lost nothing while it warmed up.
  return { rate, cpuMs, datagrams: all - (before ?? opened.packets + warmUp.packets), sent: packets }
}

const added = (a: Measured | undefined, b: Measured): Measured => ({
  rate: b.rate,
  cpuMs: (a?.cpuMs ?? 0) + b.cpuMs,
  datagrams: (a?.datagrams ?? 0) + b.datagrams,
  sent: (a?.sent ?? 0) + b.sent,
})

const lines = (totals: Map<string, Measured>): Line[] => {
  const perCpuSecond = ({ datagrams, cpuMs }: Measured) => (datagrams / cpuMs) * 1000
  const ratio = (to: string, by: Measured) => {
    const other = totals.get(to)
    return other === undefined ? null : Math.round((perCpuSecond(by) / perCpuSecond(other)) * 100) / 100
  }
  return [...totals].map(([name, total]) => ({
    name,
    figures: {
      'packets/s': total.rate,
      'packets per CPU second': Math.round(perCpuSecond(total)),
      'us per packet': Math.round((total.cpuMs / total.datagrams) * 1e5) / 100,
      lost: total.sent - total.datagrams,
      'times thread counting': ratio('receiver thread, counting', total),
      'times dgram, same work': ratio(name.replace('receiver thread', 'node:dgram'), total),
      'times C loop': ratio('C loop in recvmmsg, counting', total),
    },
  }))
}
