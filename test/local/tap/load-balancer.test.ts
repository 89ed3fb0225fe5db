import { describe, expect, test } from 'vitest'
import type { MirroredLoadBalancer, MirroredTarget } from '../../../local/aws/mirroring-snapshot.ts'
import { UDP_IDLE_MS, UdpFlows } from '../../../local/tap/load-balancer.ts'
import { balancerArn } from '../../support/mirrored-session.ts'

const target = (last: number, changes: Partial<MirroredTarget> = {}): MirroredTarget => ({
  ip: `127.1.2.${last}`,
  port: 4789,
  availabilityZone: 'us-east-1a',
  state: 'healthy',
  ...changes,
})

const balancer = (
  targets: MirroredTarget[],
  changes: Partial<MirroredLoadBalancer> = {},
): MirroredLoadBalancer => ({
  arn: balancerArn,
  crossZone: true,
  zones: [
    { availabilityZone: 'us-east-1a', privateIp: '127.1.2.8' },
    { availabilityZone: 'us-east-1b', privateIp: '127.1.2.9' },
  ],
  listeners: [{ protocol: 'UDP', port: 4789, targetGroupArn: 'arn', targets }],
  ...changes,
})

const packet = (sourcePort: number, zone = 'us-east-1a') => ({ source: 1, sourcePort, zone, port: 4789 })
const everyFlow = Array.from({ length: 128 }, (_, i) => 65_408 + i)

const spread = (flows: UdpFlows, to: MirroredLoadBalancer, now: number, zone?: string) =>
  everyFlow.map((port) => flows.route(to, packet(port, zone), now)?.target.ip ?? null)

describe('a network load balancer', () => {
  test('keeps a flow on its target when targets join', () => {
    const flows = new UdpFlows()
    const before = spread(flows, balancer([target(1), target(2)]), 0)

    const after = spread(flows, balancer([target(1), target(2), target(3), target(4)]), UDP_IDLE_MS - 1)

    expect(after).toEqual(before)
    expect(new Set(before).size).toBe(2)
  })

  test('chooses again after 120 seconds of silence', () => {
    const flows = new UdpFlows()
    spread(flows, balancer([target(1)]), 0)

    const after = spread(flows, balancer([target(1), target(2)]), UDP_IDLE_MS)

    expect(new Set(after)).toEqual(new Set(['127.1.2.1', '127.1.2.2']))
  })

  test('keeps a flow on a target that drains or fails, and gives it no new one', () => {
    for (const state of ['draining', 'unhealthy'] as const) {
      const flows = new UdpFlows()
      const old = spread(flows, balancer([target(1)]), 0)
      const changed = balancer([target(1, { state }), target(2)])

      expect(spread(flows, changed, 1)).toEqual(old)
      expect(new Set(spread(new UdpFlows(), changed, 1))).toEqual(new Set(['127.1.2.2']))
    }
  })

  test('moves a flow when its target is gone', () => {
    const flows = new UdpFlows()
    spread(flows, balancer([target(1)]), 0)

    expect(new Set(spread(flows, balancer([target(2)]), 1))).toEqual(new Set(['127.1.2.2']))
  })

  test('sends to all targets when none is healthy', () => {
    const none = balancer([target(1, { state: 'unhealthy' }), target(2, { state: 'initial' })])

    expect(new Set(spread(new UdpFlows(), none, 0))).toEqual(new Set(['127.1.2.1', '127.1.2.2']))
  })

  test('stays within the zone of the source unless it crosses zones', () => {
    const targets = [target(1), target(2, { availabilityZone: 'us-east-1b' })]

    const within = spread(new UdpFlows(), balancer(targets, { crossZone: false }), 0, 'us-east-1b')
    const across = spread(new UdpFlows(), balancer(targets), 0, 'us-east-1b')

    expect(new Set(within)).toEqual(new Set(['127.1.2.2']))
    expect(new Set(across).size).toBe(2)
  })

  test.each<[string, MirroredLoadBalancer]>([
    ['without targets', balancer([])],
    ['without a listener', balancer([], { listeners: [] })],
    [
      'with a listener for TCP only',
      balancer([], {
        listeners: [{ protocol: 'TCP', port: 4789, targetGroupArn: 'arn', targets: [target(1)] }],
      }),
    ],
    [
      'with a listener on another port',
      balancer([], {
        listeners: [{ protocol: 'UDP', port: 4790, targetGroupArn: 'arn', targets: [target(1)] }],
      }),
    ],
  ])('loses packets without a word %s', (_, silent) => {
    expect(new UdpFlows().route(silent, packet(65_408), 0)).toBeNull()
  })

  test('says which flows are new', () => {
    const flows = new UdpFlows()
    const one = balancer([target(1)])

    const news = [65_408, 65_408, 65_409].map((port) => flows.route(one, packet(port), 0)?.newFlow)

    expect(news).toEqual([true, false, true])
  })
})
