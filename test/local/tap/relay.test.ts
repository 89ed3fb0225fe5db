import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ACK, FIN, RST, SYN } from '../../../data-plane/wire/tcp.ts'
import type { MirroredRule, MirroringSnapshot } from '../../../local/aws/mirroring-snapshot.ts'
import type { Endpoint } from '../../../local/tap/load-balancer.ts'
import { parseMac } from '../../../local/tap/mac.ts'
import { Meter } from '../../../local/tap/meter.ts'
import { Mirror } from '../../../local/tap/mirror.ts'
import { Relay } from '../../../local/tap/relay.ts'
import { mirroredSession } from '../../support/mirrored-session.ts'
import { type CapturedSegment, readSegment, reassemble } from '../../support/segments.ts'

const PRODUCTION_MAC = '02:00:00:00:00:01'
const CLIENT_MAC = '02:00:00:00:00:99'
const SERVICE_PORT = 8080

const everything: MirroredRule = {
  id: 'tmfr-00000000000000001',
  number: 1,
  action: 'accept',
  protocol: 6,
  sourceCidr: '0.0.0.0/0',
  destinationCidr: '0.0.0.0/0',
  sourcePorts: null,
  destinationPorts: null,
}

const snapshot = (changes: Parameters<typeof mirroredSession>[0] = {}): MirroringSnapshot => ({
  revision: 1,
  at: 0,
  sessions: [
    mirroredSession({
      ingress: [everything],
      egress: [everything],
      target: { kind: 'interface', privateIp: '127.0.0.1' },
      ...changes,
    }),
  ],
  loadBalancers: [],
  switches: { sourcePortSymmetry: true, sourcePortMin: 65_408, sourcePortMax: 65_535 },
})

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A relay in front of a real server; what it mirrors is collected, not sent. */
const setUp = async (
  serve: (socket: Socket) => void,
  options: { send?: () => boolean; mtu?: number; firstSequence?: number } = {},
) => {
  const service = createServer({ allowHalfOpen: true }, (socket) => {
    closing.push(() => socket.destroy())
    socket.on('error', () => {})
    serve(socket)
  })
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  closing.push(() => service.close())
  const segments: CapturedSegment[] = []
  const meter = new Meter()
  const mirror = new Mirror({
    meter,
    now: () => 0,
    send: (_from: Endpoint, _to: Endpoint, payload: Buffer) => {
      segments.push(readSegment(payload))
      return options.send?.() ?? true
    },
  })
  const relay = new Relay({
    networkInterface: 'eni-00000000000000001',
    instance: 'i-00000000000000001',
    mac: parseMac(PRODUCTION_MAC),
    listen: { ip: '127.0.0.1', port: 0 },
    face: { ip: '127.0.0.1', port: SERVICE_PORT },
    upstream: { ip: '127.0.0.1', port: portOf(service) },
    macOf: () => parseMac(CLIENT_MAC),
    mirror,
    meter,
    conversation: {
      mtu: options.mtu ?? 1500,
      now: () => performance.now(),
      random32: () => options.firstSequence ?? Math.floor(Math.random() * 2 ** 32),
    },
  })
  const { port } = await relay.listen()
  closing.push(() => relay.close())
  const dial = async (): Promise<Socket> => {
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    client.on('error', () => {})
    closing.push(() => client.destroy())
    await once(client, 'connect')
    return client
  }
  return { mirror, meter, relay, segments, dial, service }
}

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const collect = async (socket: Socket): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const until = async (true_: () => boolean): Promise<void> => {
  while (!true_()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

const randomBytes = (length: number) => Buffer.from(Array.from({ length }, () => Math.random() * 256))

/** Writes pieces of random sizes with pauses, then ends its half. */
const chatter = async (socket: Socket, bytes: Buffer): Promise<void> => {
  let at = 0
  while (at < bytes.length) {
    const size = 1 + Math.floor(Math.random() ** 3 * 40_000)
    socket.write(bytes.subarray(at, at + size))
    at += size
    if (Math.random() < 0.3) await new Promise((resolve) => setTimeout(resolve, Math.random() * 4))
  }
  socket.end()
}

describe('the relay', () => {
  test('carries both ways what the segments reassemble to, however it is cut', async () => {
    const [request, response] = [randomBytes(300_000), randomBytes(500_000)]
    let arrived: Buffer = Buffer.alloc(0)
    const { mirror, segments, dial } = await setUp(async (socket) => {
      const all = collect(socket)
      await chatter(socket, response)
      arrived = await all
    })
    mirror.update(snapshot())

    const client = await dial()
    const answer = collect(client)
    await chatter(client, request)
    const received = await answer
    await until(() => arrived.length === request.length)
    await until(() => segments.filter(({ flags }) => flags & FIN).length === 2)

    expect(received.equals(response)).toBe(true)
    expect(arrived.equals(request)).toBe(true)
    expect(reassemble(segments, 'ingress').equals(request)).toBe(true)
    expect(reassemble(segments, 'egress').equals(response)).toBe(true)
  })

  test('shows the life of a connection: SYN, SYN-ACK, ACK, data, FIN of both', async () => {
    const { mirror, segments, dial } = await setUp((socket) => {
      socket.once('data', () => socket.end('pong'))
    })
    mirror.update(snapshot())

    const client = await dial()
    client.write('ping')
    const answer = await collect(client)
    client.end()
    await until(() => segments.filter(({ flags }) => flags & FIN).length === 2)

    expect(answer.toString()).toBe('pong')
    const life = segments.filter(({ flags, payload }) => flags !== ACK || payload.length > 0).map(inWords)
    expect(life).toEqual(['> SYN', '< SYN ACK', '> ACK PSH ping', '< ACK PSH pong', '< FIN ACK', '> FIN ACK'])
    expect(segments.slice(0, 3).map(inWords)).toEqual(['> SYN', '< SYN ACK', '> ACK'])
  })

  test('acknowledges exactly what the other end has been given', async () => {
    const { mirror, segments, dial } = await setUp((socket) => {
      socket.on('data', (data) => socket.write(data))
      socket.on('end', () => socket.end())
    })
    mirror.update(snapshot())

    const client = await dial()
    for (const size of [1, 5000, 70_000, 3]) {
      client.write(randomBytes(size))
      let got = 0
      while (got < size) got += (await once(client, 'data'))[0].length
    }
    client.end()
    await until(() => segments.filter(({ flags }) => flags & FIN).length === 2)
    await until(() => segments.at(-1)?.flags === ACK)

    const crossed = { ingress: 0, egress: 0 }
    for (const segment of segments) {
      const { direction, flags, acknowledgement } = segment
      const other = direction === 'ingress' ? 'egress' : 'ingress'
      if (flags & ACK) expect((crossed[other] - acknowledgement) | 0).toBeGreaterThanOrEqual(0)
      crossed[direction] = nextSequence(segment)
    }
    const last = (direction: string) => segments.findLast((segment) => segment.direction === direction)
    expect(last('ingress')?.acknowledgement).toBe(crossed.egress)
    expect(last('egress')?.acknowledgement).toBe(crossed.ingress)
  })

  test.each([
    [1500, 1448],
    [8500, 8448],
  ])('cuts data for an MTU of %i into segments of %i bytes', async (mtu, most) => {
    const { mirror, segments, dial } = await setUp((socket) => socket.resume(), { mtu })
    mirror.update(snapshot())

    const client = await dial()
    client.write(randomBytes(50_000))
    await until(() => reassemble(segments, 'ingress').length === 50_000)

    expect(Math.max(...segments.map(({ payload }) => payload.length))).toBe(most)
    expect(segments[0]?.mss).toBe(mtu - 40)
  })

  test('shows a reset by either side, and passes it on', async () => {
    for (const direction of ['ingress', 'egress'] as const) {
      const ends: Socket[] = []
      const { mirror, segments, dial } = await setUp((socket) => {
        ends.push(socket)
        socket.resume()
      })
      mirror.update(snapshot())
      const client = await dial()
      client.resume()
      await until(() => ends.length === 1)
      const [breaking, other] = direction === 'ingress' ? [client, ends[0]] : [ends[0], client]
      const gone = closed(other as Socket)

      breaking?.resetAndDestroy()
      await gone
      await until(() => segments.some(({ flags }) => flags & RST))

      expect(segments.filter(({ flags }) => flags & RST).map(({ direction: way }) => way)).toEqual([
        direction,
      ])
    }
  })

  test('shows a refusal when nobody listens behind it', async () => {
    const { mirror, relay, segments, dial, service } = await setUp(() => {})
    service.close()
    mirror.update(snapshot())

    const client = await dial()
    await closed(client.resume())
    await until(() => segments.length === 2)

    expect(segments.map(inWords)).toEqual(['> SYN', '< RST ACK'])
    expect(segments[1]?.sequence).toBe(0)
    expect(relay.counters.refused).toBe(1)
  })

  test('lets a session join in the middle with the numbers as they are', async () => {
    const { mirror, segments, dial } = await setUp(
      (socket) => {
        socket.on('data', (data) => socket.write(data))
      },
      { firstSequence: 0xffff_ff00 },
    )
    const client = await dial()
    client.write(Buffer.alloc(1000))
    await once(client, 'data')
    expect(segments).toEqual([])

    mirror.update(snapshot())
    client.write('now')
    await once(client, 'data')
    mirror.update(null)
    client.write('not any more')
    await once(client, 'data')

    const data = segments.filter(({ payload }) => payload.length > 0)
    const next = (0xffff_ff00 + 1 + 1000) >>> 0
    expect(data.map(({ direction, payload }) => [direction, payload.toString()])).toEqual([
      ['ingress', 'now'],
      ['egress', 'now'],
    ])
    expect(data.map(({ sequence }) => sequence)).toEqual([next, next])
    expect(data.map(({ acknowledgement }) => acknowledgement)).toEqual([next, next + 3])
  })

  test('mirrors only the directions that a rule accepts', async () => {
    const { mirror, segments, dial } = await setUp((socket) => {
      socket.once('data', () => socket.end('pong'))
    })
    mirror.update(snapshot({ egress: [] }))

    const client = await dial()
    client.write('ping')
    await collect(client)

    expect(new Set(segments.map(({ direction }) => direction))).toEqual(new Set(['ingress']))
  })

  test('shows which side is production by its MAC address and its address in the network', async () => {
    const { mirror, segments, dial } = await setUp((socket) => socket.end('hello'))
    mirror.update(snapshot())

    const client = await dial()
    const clientPort = client.localPort
    await collect(client)

    const syn = segments.find(({ flags }) => flags === SYN)
    const answer = segments.find(({ flags }) => flags === (SYN | ACK))
    expect(syn).toMatchObject({ sourceMac: CLIENT_MAC, destinationMac: PRODUCTION_MAC })
    expect(answer).toMatchObject({ sourceMac: PRODUCTION_MAC, destinationMac: CLIENT_MAC })
    expect([syn?.sourcePort, syn?.destinationPort]).toEqual([clientPort, SERVICE_PORT])
    expect([answer?.sourcePort, answer?.destinationPort]).toEqual([SERVICE_PORT, clientPort])
  })

  test('goes on for production when mirroring fails', async () => {
    const { mirror, relay, dial } = await setUp((socket) => socket.pipe(socket), {
      send: () => {
        throw new Error('the mirror is broken')
      },
    })
    mirror.update(snapshot())
    const sent = randomBytes(100_000)

    const client = await dial()
    const echo = collect(client)
    client.end(sent)

    expect((await echo).equals(sent)).toBe(true)
    expect(relay.counters.mirrorErrors).toBeGreaterThan(0)
  })

  test('counts copies that there was no room for as skipped', async () => {
    const { mirror, meter, dial } = await setUp((socket) => socket.end('hello'), { send: () => false })
    mirror.update(snapshot())

    await collect(await dial())

    const names = meter.take().map(({ name }) => name)
    expect(names).toContain('NetworkSkipMirrorIn')
    expect(names).toContain('NetworkSkipMirrorOut')
    expect(names).not.toContain('NetworkMirrorIn')
  })
})

const inWords = ({ direction, flags, payload }: CapturedSegment): string => {
  const names = [
    [SYN, 'SYN'],
    [FIN, 'FIN'],
    [RST, 'RST'],
    [ACK, 'ACK'],
    [8, 'PSH'],
  ] as const
  const set = names.filter(([bit]) => flags & bit).map(([, name]) => name)
  return [direction === 'ingress' ? '>' : '<', ...set, ...(payload.length ? [payload.toString()] : [])].join(
    ' ',
  )
}

const nextSequence = ({ sequence, flags, payload }: CapturedSegment): number =>
  (sequence + payload.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0
