import { describe, expect, it } from 'vitest'
import { PATIENT } from '../../support/api-account.ts'
import * as world from '../../support/aws-world.ts'
import { type Account, leftovers, NOTHING_LEFT } from '../../support/experiment-account.ts'
import { openPlanning, plannedBody } from '../../support/planning-account.ts'

const MINUTE = 60_000

describe('the network of the sources', PATIENT, () => {
  /** Five-minute sums of bytes in and out, the last that are over. */
  const feed = ({ cloud, clock }: Account, n: number, received: number, sent: number, what = '') => {
    const at = Math.floor(clock.now() / (5 * MINUTE)) * 5 * MINUTE - 5 * MINUTE
    for (const [name, bytes] of [
      [`Network${what}In`, received],
      [`Network${what}Out`, sent],
    ] as const)
      cloud.feedMetric({
        namespace: 'AWS/EC2',
        name,
        dimensions: [{ name: 'InstanceId', value: world.instance(n) }],
        unit: 'Bytes',
        at,
        count: 1,
        sum: bytes,
        minimum: bytes,
        maximum: bytes,
      })
  }

  it('is an input of the estimate, shown with where it is from', async () => {
    const { account, plan } = await openPlanning()
    const unknown = await plan()
    feed(account, 1, 300e6, 900e6)
    feed(account, 2, 300e6, 900e6)
    await account.clock.advance(2 * MINUTE)
    const known = await plan({ traffic: { ports: [8080], directions: 'both' } })

    expect(unknown.inputs).toEqual([])
    expect(known.inputs.map(({ what, value, unit }) => [what, value, unit])).toEqual([
      ['received on average', 2e6, 'bytes per second'],
      ['received at the peak', 2e6, 'bytes per second'],
      ['sent on average', 6e6, 'bytes per second'],
      ['sent at the peak', 6e6, 'bytes per second'],
    ])
    expect(known.inputs[0]?.from).toMatch(/^CloudWatch AWS\/EC2 NetworkIn, .* 2 of 2 instances, all ports$/)
    expect(known.estimate.lowUsd).toBeLessThan(known.estimate.highUsd * 1.1)
    expect(known.sources[0]?.network).toMatchObject({
      peakBps: 32e6,
      mirroredBps: 32e6,
      baselineBps: 0.781e9,
    })
    expect(known.rules.map(({ costs }) => costs)).toEqual([
      expect.stringContaining('the sources receive 7.2 GB in that time'),
      expect.stringContaining('the sources send 21.6 GB in that time'),
    ])
  })

  it('sizes the gateways by its packets where these are small', async () => {
    const { account, plan } = await openPlanning({}, (declared) => ({ ...declared, fargateVcpus: 100 }))
    for (const n of [1, 2]) feed(account, n, 300e6, 300e6)
    await account.clock.advance(2 * MINUTE)
    const byBytes = await plan()
    for (const n of [1, 2]) feed(account, n, 300 * 20_000, 300 * 20_000, 'Packets')
    await account.clock.advance(11 * MINUTE)
    const byPackets = await plan()

    expect([byBytes.gateways, byPackets.gateways]).toEqual([1, 2])
    expect(byPackets.inputs.at(-1)).toMatchObject({
      what: 'mirrored at the peak, all ports',
      value: 40_000,
      unit: 'packets per second',
      from: expect.stringContaining('NetworkPacketsIn,'),
    })
    expect(byPackets.reserveUsd).toBe(byBytes.reserveUsd)
  })

  it('that is nearly full is refused, unless the spec accepts it', async () => {
    const { account, plan } = await openPlanning({}, (declared) => ({ ...declared, fargateVcpus: 100 }))
    // 0.781 Gbit/s for five minutes are 29.3 GB: half of it, and as much again in copies.
    feed(account, 1, 7e9, 7e9)
    const refused = await plan({ traffic: { ports: [8080], directions: 'both' } })
    const requests = await plan()
    const accepted = await plan({
      traffic: { ports: [8080], directions: 'both' },
      accept: ['little-headroom'],
    })

    expect(refused.startable).toBe(false)
    expect(refused.problems).toEqual([
      expect.stringMatching(
        /^checkout-1: .* 96 % of its network’s baseline of 781 Mbit\/s.*accept little-headroom\.$/,
      ),
    ])
    expect(requests.problems).toEqual([expect.stringContaining('72 % of its network’s baseline')])
    expect(accepted).toMatchObject({ startable: true, problems: [] })
    expect(accepted.warnings).toEqual([expect.stringContaining('96 % of its network’s baseline')])
  })

  it('is counted in requests by the load balancer before them, whose protocol decides what can be read', async () => {
    const loadBalancer = 'app/front/0a1b2c3d4e5f6071'
    const arn = (resource: string) => `arn:aws:elasticloadbalancing:us-east-1:111122223333:${resource}`
    const group = (name: string, more: object, port = 8080) => ({
      arn: arn(`targetgroup/${name}/6d0ecf831eec9f20`),
      name,
      protocol: 'HTTP' as const,
      port,
      vpcId: world.vpcId,
      targetType: 'instance' as const,
      healthCheck: {
        protocol: 'TCP' as const,
        port: 'traffic-port' as const,
        intervalSeconds: 300,
        timeoutSeconds: 1,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      targets: [{ id: world.instance(1), port }],
      ...more,
    })
    const groups = [
      group('plain', {}),
      group('grpc', { protocolVersion: 'GRPC' }),
      group('secret', { protocol: 'HTTPS' }),
      group('elsewhere', { protocol: 'HTTPS', targets: [{ id: world.instance(9), port: 8080 }] }),
      group('other-port', { protocol: 'HTTPS' }, 8443),
    ]
    const { account, plan } = await openPlanning({}, (declared) => ({
      ...declared,
      networkInterfaces: [
        ...declared.networkInterfaces,
        {
          id: world.eni(36),
          subnetId: world.subnetA,
          privateIp: '10.0.1.36',
          mac: '0a:00:00:00:00:36',
          description: `ELB ${loadBalancer}`,
          requesterManaged: true,
          requesterId: 'amazon-elb',
        },
      ],
      targetGroups: [...declared.targetGroups, ...groups],
      loadBalancers: [
        ...declared.loadBalancers,
        {
          arn: arn(`loadbalancer/${loadBalancer}`),
          name: 'front',
          dnsName: 'front.us-east-1.elb.amazonaws.com',
          type: 'application',
          scheme: 'internal',
          vpcId: world.vpcId,
          zones: [{ subnetId: world.subnetA, privateIp: '10.0.1.36' }],
          listeners: groups.map(({ arn: targetGroupArn }, n) => ({
            arn: arn(`listener/${loadBalancer}/000000000000000${n}`),
            protocol: 'HTTP' as const,
            port: 80 + n,
            targetGroupArn,
          })),
        },
      ],
    }))
    account.cloud.feedMetric({
      namespace: 'AWS/ApplicationELB',
      name: 'RequestCount',
      dimensions: [
        { name: 'TargetGroup', value: 'targetgroup/plain/6d0ecf831eec9f20' },
        { name: 'LoadBalancer', value: loadBalancer },
      ],
      unit: 'Count',
      at: account.clock.now() - 10 * MINUTE,
      count: 1,
      sum: 12_000,
      minimum: 12_000,
      maximum: 12_000,
    })
    const made = await plan()
    const [byName, byAddress] = [
      await plan({ shadow: { url: 'http://dualstack.Front.us-east-1.elb.amazonaws.com:9000' } }),
      await plan({ shadow: { url: 'http://10.0.1.36:9000' } }),
    ]

    for (const { problems } of [byName, byAddress])
      expect(problems).toEqual([expect.stringContaining('production’s load balancer front')])
    expect(made.startable).toBe(true)
    expect(made.warnings).toEqual([
      'The target group grpc speaks GRPC to the sources: connections that are older than the experiment cannot be read.',
      'The target group secret speaks HTTPS to the sources: what is encrypted cannot be read.',
    ])
    expect(made.inputs.map(({ what, value, unit }) => [what, value, unit])).toEqual([
      ['requests to plain on average', 40, 'requests per second'],
      ['requests to plain at the peak', 40, 'requests per second'],
    ])
  })

  it('is unknown where CloudWatch does not answer, and the plan says so', async () => {
    const { account, api } = await openPlanning()
    account.plane.clients.cloudwatch.destroy()
    account.plane.clients.cloudwatch.config.endpoint = async () => ({
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: 1,
      path: '/',
    })
    const { body: made } = await api.send({ method: 'POST', path: '/plans', body: plannedBody })

    expect(made.startable).toBe(true)
    expect(made.warnings.join(' ')).toMatch(
      /CloudWatch could not be read \(.*\): the sources’ traffic is not known/,
    )
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  })
})
