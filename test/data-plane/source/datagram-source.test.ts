import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  addressNumber,
  type DatagramSource,
  type SourceOptions,
} from '../../../data-plane/source/datagram-source.ts'
import { threadUnavailable } from '../../../data-plane/source/open.ts'
import { openThreadSource } from '../../../data-plane/source/thread.ts'
import { openUdpSource } from '../../../data-plane/source/udp.ts'

type Received = { bytes: Buffer; source: number; at: number }

// What is asked of time is asked of a machine that has some: one good attempt counts.
const BUSY_MACHINE_ATTEMPTS = 8
vi.setConfig({ testTimeout: 60_000 })

const unavailable = await threadUnavailable()
if (unavailable !== null) console.log(`receiver thread not tested: ${unavailable}`)

const implementations: [string, (options: SourceOptions) => Promise<DatagramSource>, boolean][] = [
  ['event loop', openUdpSource, false],
  ['receiver thread', openThreadSource, unavailable !== null],
]

describe.each(implementations)('%s', (_name, open, absent) => {
  const opened: DatagramSource[] = []
  const senders: Socket[] = []

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((source) => source.stop()))
    for (const sender of senders.splice(0)) sender.close()
  })

  const listen = async (received: Received[], options: Partial<SourceOptions> = {}) => {
    const source = await open({
      host: '127.0.0.1',
      port: 0,
      shared: false,
      onDatagram: (buffer, offset, length, from, at) =>
        received.push({ bytes: Buffer.from(buffer.subarray(offset, offset + length)), source: from, at }),
      onFailure: (error) => {
        throw error
      },
      ...options,
    })
    opened.push(source)
    return source
  }

  const sender = async (address = '127.0.0.1') => {
    const socket = createSocket('udp4')
    senders.push(socket)
    socket.bind({ address, port: 0 })
    await once(socket, 'listening')
    return (port: number, bytes: Buffer) =>
      new Promise<void>((resolve, reject) =>
        socket.send(bytes, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
      )
  }

  const until = async (condition: () => boolean) => {
    const deadline = performance.now() + 20_000
    while (!condition()) {
      if (performance.now() > deadline) throw new Error('did not come true within 20 s')
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  test.skipIf(absent)('hands over every datagram whole, in order, with source and arrival time', async () => {
    const received: Received[] = []
    const { port } = await listen(received)
    const send = await sender('127.0.0.7')
    const sent = [0, 1, 4, 1450, 9000].map((length) => Buffer.alloc(length, length & 0xff))
    const before = Date.now()

    for (const bytes of sent) await send(port, bytes)
    await until(() => received.length === sent.length)

    expect(received.map(({ bytes }) => bytes)).toEqual(sent)
    expect(received.every(({ source }) => source === addressNumber('127.0.0.7'))).toBe(true)
    for (const { at } of received) {
      expect(at).toBeGreaterThanOrEqual(before - 1)
      expect(at).toBeLessThanOrEqual(Date.now() + 1)
    }
  })

  test.skipIf(absent)('still receives after a long silence', async () => {
    const received: Received[] = []
    const { port } = await listen(received)
    const send = await sender()
    await new Promise((resolve) => setTimeout(resolve, 250))

    await send(port, Buffer.from('late'))
    await until(() => received.length === 1)

    expect(received[0]?.bytes.toString()).toBe('late')
  })

  test.skipIf(absent)('hands over what had arrived before it stops', async () => {
    const received: Received[] = []
    const source = await listen(received)
    const send = await sender()
    for (let i = 0; i < 50; i++) await send(source.port, Buffer.from([i]))

    await source.stop()

    expect(received.length).toBe(50)
  })

  test.skipIf(absent)('stops in less than 150 ms, busy or idle', async () => {
    const fastest = async (idleMs: number) => {
      const times: number[] = []
      for (let i = 0; i < BUSY_MACHINE_ATTEMPTS && !times.some((ms) => ms < 150); i++) {
        const source = await listen([])
        const send = await sender()
        await send(source.port, Buffer.from('x'))
        await new Promise((resolve) => setTimeout(resolve, idleMs))
        const started = performance.now()
        await source.stop()
        times.push(performance.now() - started)
      }
      return Math.min(...times)
    }

    expect(await fastest(0)).toBeLessThan(150)
    expect(await fastest(250)).toBeLessThan(150)
  })

  test.skipIf(absent)('refuses an address that is taken', async () => {
    const { port } = await listen([])

    await expect(listen([], { port })).rejects.toThrow(/EADDRINUSE/)
  })

  test.skipIf(absent)('shares an address when it is told to', async () => {
    const received: Received[] = []
    const { port } = await listen(received, { shared: true })
    await listen(received, { shared: true, port })
    for (let i = 0; i < 20; i++) {
      const send = await sender()
      await send(port, Buffer.from([i]))
    }

    await until(() => received.length === 20)

    expect(new Set(received.map(({ bytes }) => bytes[0])).size).toBe(20)
  })
})

test.skipIf(unavailable !== null)(
  'loses nothing at 20,000 packets a second while the working thread pauses for 50 ms',
  async () => {
    let losses = -1
    for (let i = 0; i < BUSY_MACHINE_ATTEMPTS && losses !== 0; i++) losses = await lossesWithPauses(50)

    expect(losses).toBe(0)
  },
)

test.skipIf(unavailable !== null)('counts every datagram that is lost while the ring is full', async () => {
  expect(await lossesWithPauses(700)).toBeGreaterThan(0)
})

/** Sends 10,000 packets in half a second to a receiver whose working thread stands still twice. */
const lossesWithPauses = async (pauseMs: number): Promise<number> => {
  const PACKETS = 10_000
  let received = 0
  const source = await openThreadSource({
    host: '127.0.0.1',
    port: 0,
    shared: false,
    onDatagram: () => received++,
    onFailure: (error) => {
      throw error
    },
  })
  const sending = new Worker(
    `const { createSocket } = require('node:dgram')
     const { workerData: { port, packets } } = require('node:worker_threads')
     const socket = createSocket('udp4')
     const bytes = Buffer.alloc(400, 7)
     socket.connect(port, '127.0.0.1', () => {
       let sent = 0
       let last = performance.now()
       const step = () => {
         const now = performance.now()
         const due = Math.min(packets - sent, Math.ceil(Math.min(now - last, 3) * 20))
         last = now
         for (let i = 0; i < due; i++) socket.send(bytes)
         sent += due
         if (sent < packets) setTimeout(step, 1)
         else setTimeout(() => socket.close(), 50)
       }
       step()
     })`,
    { eval: true, workerData: { port: source.port, packets: PACKETS } },
  )
  let left = 2
  const pauses = setInterval(() => {
    if (left-- <= 0) return
    const end = performance.now() + pauseMs
    while (performance.now() < end);
  }, 200)
  await once(sending, 'exit')
  clearInterval(pauses)
  await source.stop()
  const { kernelOverflow } = source.losses()

  expect(received + (kernelOverflow ?? 0)).toBe(PACKETS)
  return kernelOverflow ?? 0
}

test('reads IPv4 addresses as numbers and nothing else', () => {
  expect(addressNumber('10.0.1.254')).toBe(0x0a0001fe)
  expect(addressNumber('255.255.255.255')).toBe(0xffffffff)
  expect(['', '1.2.3', '1.2.3.256', 'a.b.c.d', '::1', '1.2.3.4.5'].map(addressNumber)).toEqual(
    Array(6).fill(null),
  )
})
