import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { parseAddress } from '../../../data-plane/wire/address.ts'
import type { Direction } from '../../../data-plane/wire/conversation.ts'
import { ethernetFrame, tcpPacket } from '../../../data-plane/wire/emit.ts'
import type { MirroringSnapshot } from '../../../local/aws/mirroring-snapshot.ts'
import { type Flow, reversed, TCP } from '../../../local/tap/flow.ts'
import { toNumber } from '../../../local/tap/ipv4.ts'
import { Meter } from '../../../local/tap/meter.ts'
import { Mirror } from '../../../local/tap/mirror.ts'
import { UdpSender } from '../../../local/tap/udp-sender.ts'
import { balancerArn, mirroredSession } from '../../support/mirrored-session.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const flow: Flow = {
  protocol: TCP,
  source: toNumber('10.0.0.7'),
  destination: toNumber('127.0.0.1'),
  sourcePort: 40_000,
  destinationPort: 8080,
}

const accept = {
  id: 'tmfr-00000000000000001',
  number: 1,
  action: 'accept' as const,
  protocol: TCP,
  sourceCidr: '0.0.0.0/0',
  destinationCidr: '0.0.0.0/0',
  sourcePorts: null,
  destinationPorts: null,
}

const frameOf = (payload: Buffer): Buffer =>
  ethernetFrame(
    tcpPacket(
      { source: parseAddress('10.0.0.7'), destination: parseAddress('127.0.0.1') },
      { sourcePort: 40_000, destinationPort: 8080, sequence: 1, flags: 16 },
      payload,
    ),
  )

/** A gateway task's socket behind the load balancer, and a mirror that sends to it. */
const setUp = async (session: Parameters<typeof mirroredSession>[0] = {}) => {
  const task = createSocket('udp4')
  task.bind(0, '127.0.0.1')
  await once(task, 'listening')
  const sender = new UdpSender()
  closing.push(
    () => task.close(),
    () => sender.close(),
  )
  const meter = new Meter()
  const mirror = new Mirror({
    meter,
    now: () => 0,
    send: (from, to, payload) => sender.send(from, to, payload),
  })
  const target = { ip: '127.0.0.1', port: task.address().port, availabilityZone: 'us-east-1a' }
  const snapshot: MirroringSnapshot = {
    revision: 1,
    at: 0,
    sessions: [mirroredSession({ ingress: [accept], egress: [accept], ...session })],
    loadBalancers: [
      {
        arn: balancerArn,
        crossZone: false,
        zones: [{ availabilityZone: 'us-east-1a', privateIp: '127.0.0.1' }],
        listeners: [
          { protocol: 'UDP', port: 4789, targetGroupArn: 'arn', targets: [{ ...target, state: 'healthy' }] },
        ],
      },
    ],
    switches: { sourcePortSymmetry: true, sourcePortMin: 65_408, sourcePortMax: 65_535 },
  }
  mirror.update(snapshot)
  const copy = async (direction: Direction, packet: Flow, frame: Buffer): Promise<[Buffer, RemoteInfo]> => {
    const arrival = once(task, 'message')
    const route = mirror.route('eni-00000000000000001', direction, packet)
    if (!route) throw new Error('not mirrored')
    mirror.copy(route, frame)
    return (await arrival) as [Buffer, RemoteInfo]
  }
  return { mirror, meter, snapshot, task: task as Socket, copy }
}

describe('a mirrored packet on the wire', () => {
  test('is VXLAN as AWS sends it: flags 08 00 00 00, the VNI, a zero byte, the whole frame', async () => {
    const { copy } = await setUp()
    const frame = frameOf(Buffer.from('GET / HTTP/1.1\r\n\r\n'))

    const [datagram, from] = await copy('ingress', flow, frame)

    expect(datagram.subarray(0, 8).toString('hex')).toBe('0800000054fa1100')
    expect(datagram.subarray(8).equals(frame)).toBe(true)
    expect(datagram.length + 20 + 8 - (frame.length - 14)).toBe(50)
    expect(from.address).toBe('127.0.0.1')
    expect(from.port).toBeGreaterThanOrEqual(65_408)
  })

  test('has one outer source port for both directions of a connection', async () => {
    const { copy } = await setUp()
    const frame = frameOf(Buffer.alloc(10))

    const [, there] = await copy('ingress', flow, frame)
    const [, back] = await copy('egress', reversed(flow), frame)

    expect(back.port).toBe(there.port)
  })

  test.each([
    [{ packetLength: 128 }, 128],
    [{ packetLength: null }, 8500],
    [{ packetLength: 8500 }, 8500],
  ])('keeps with %o the first %i bytes after the VXLAN header', async (session, kept) => {
    const { copy } = await setUp(session)
    const frame = frameOf(Buffer.alloc(8946, 'x'))

    const [datagram] = await copy('ingress', flow, frame)

    expect(datagram.length).toBe(8 + kept)
    expect(datagram.subarray(8).equals(frame.subarray(0, kept))).toBe(true)
  })

  test('is counted by the instance without its outer headers, by the load balancer with them', async () => {
    const { copy, meter } = await setUp()
    const frame = frameOf(Buffer.alloc(10))

    await copy('ingress', flow, frame)
    await copy('egress', reversed(flow), frame)

    const totals = meter
      .take()
      .filter(({ dimensions }) => !('AvailabilityZone' in dimensions))
      .map(({ namespace, name, value }) => [namespace, name, value])
    expect(totals).toEqual([
      ['AWS/EC2', 'NetworkMirrorIn', 64],
      ['AWS/EC2', 'NetworkPacketsMirrorIn', 1],
      ['AWS/NetworkELB', 'ProcessedBytes_UDP', 200],
      ['AWS/NetworkELB', 'NewFlowCount_UDP', 1],
      ['AWS/EC2', 'NetworkMirrorOut', 64],
      ['AWS/EC2', 'NetworkPacketsMirrorOut', 1],
    ])
  })

  test('is lost without a word when the load balancer has no UDP listener, and counted at the source only', async () => {
    const { mirror, meter, snapshot } = await setUp()
    const [balancer] = snapshot.loadBalancers
    if (!balancer) throw new Error('no load balancer')
    mirror.update({ ...snapshot, loadBalancers: [{ ...balancer, listeners: [] }] })

    const route = mirror.route('eni-00000000000000001', 'ingress', flow)
    if (route) mirror.copy(route, frameOf(Buffer.alloc(10)))

    expect(meter.take().map(({ name }) => name)).toEqual(['NetworkMirrorIn', 'NetworkPacketsMirrorIn'])
  })

  test('is not made once the sessions are gone or unknown', async () => {
    const { mirror, snapshot } = await setUp()

    mirror.update({ ...snapshot, sessions: [] })
    const ended = mirror.route('eni-00000000000000001', 'ingress', flow)
    mirror.update(snapshot)
    mirror.update(null)
    const unknown = mirror.route('eni-00000000000000001', 'ingress', flow)

    expect([ended, unknown]).toEqual([null, null])
  })
})
