import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  CreateTrafficMirrorSessionCommand,
  CreateTrafficMirrorTargetCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, it, test } from 'vitest'
import type { Plan } from '../../../contract/plan.ts'
import { openApiOver } from '../../support/api.ts'
import * as world from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import { type Account, leftovers, NOTHING_LEFT, openAccount, pass } from '../../support/experiment-account.ts'

/** Each of these is some dozens of calls over sockets: a busy machine may need a while. */
const PATIENT = { timeout: 60_000 }
const MINUTE = 60_000

const body = {
  name: 'checkout',
  source: { by: 'eni', ids: [world.eni(1), world.eni(2)] },
  traffic: { ports: [8080] },
  shadow: { url: 'http://127.0.0.1:9000' },
  dependencies,
  window: { durationSeconds: 3600 },
  budgetUsd: 25,
}

const open = async (...options: Parameters<typeof openAccount>) => {
  const account = await openAccount(...options)
  const api = openApiOver(account.plane)
  const plan = async (more: object = {}): Promise<Plan> => {
    const answer = await api.send({ method: 'POST', path: '/plans', body: { ...body, ...more } })
    expect(answer.status).toBe(200)
    return answer.body
  }
  return { account, api, plan }
}

/** A security team’s session on an ENI, which mirrors what reaches these ports. */
const watch = async ({ plane }: Account, eni: string, number: number, from: number, to: number) => {
  const { ec2 } = plane.clients
  const { TrafficMirrorFilter: filter } = await ec2.send(new CreateTrafficMirrorFilterCommand({}))
  await ec2.send(
    new CreateTrafficMirrorFilterRuleCommand({
      TrafficMirrorFilterId: filter?.TrafficMirrorFilterId,
      TrafficDirection: 'ingress',
      RuleNumber: 1,
      RuleAction: 'accept',
      Protocol: 6,
      DestinationPortRange: { FromPort: from, ToPort: to },
      SourceCidrBlock: '0.0.0.0/0',
      DestinationCidrBlock: '0.0.0.0/0',
    }),
  )
  const { TrafficMirrorSession: session } = await ec2.send(
    new CreateTrafficMirrorSessionCommand({
      NetworkInterfaceId: eni,
      TrafficMirrorTargetId: world.mirrorTargetId,
      TrafficMirrorFilterId: filter?.TrafficMirrorFilterId,
      SessionNumber: number,
    }),
  )
  return session?.TrafficMirrorSessionId ?? ''
}

describe('the preflight', PATIENT, () => {
  it('gives every ENI its verdict, what is left of its sessions and the number it would get', async () => {
    const { plan } = await open()
    const made = await plan()

    expect(made.sources[0]).toMatchObject({
      eni: world.eni(1),
      verdict: 'supported',
      mirrored: true,
      problem: null,
      doubts: [],
      sessionsLeft: 3,
      sessionNumber: 32_766,
      network: null,
    })
    expect(made.created).toEqual({
      sessions: 2,
      filters: 1,
      rules: 1,
      rulesLeft: 9,
      schedules: 5,
      gateways: 1,
    })
  })

  it('refuses an ENI whose packets another session takes first, and says which', async () => {
    const { account, plan } = await open()
    const session = await watch(account, world.eni(1), 1, 1, 65_535)
    const made = await plan()

    expect(made.startable).toBe(false)
    expect(made.sources.map(({ mirrored }) => mirrored)).toEqual([false, true])
    expect(made.problems).toEqual([
      expect.stringContaining(`${world.eni(1)}: the session ${session}, which has priority with number 1`),
    ])
    expect(made.sources[0]).toMatchObject({ sessionsLeft: 2, sessionNumber: null })
  })

  it('leaves such an ENI out of what a tag finds, and the experiment does the same', async () => {
    const { account, api, plan } = await open()
    await watch(account, world.eni(1), 1, 1, 65_535)
    const source = { by: 'tag', match: 'all', tags: { service: 'checkout' } }
    const made = await plan({ source })
    const { body: one } = await api.send({ method: 'POST', path: '/experiments', body: { ...body, source } })
    for (let ticks = 0; ticks < 6; ticks++) await pass(account)

    expect(made).toMatchObject({ startable: true, created: { sessions: world.instances - 1 } })
    expect(made.warnings.join(' ')).toContain(`Left out: ${world.eni(1)}`)
    const mirrored = account.cloud.state.mirrorSessions
      .list()
      .filter(({ description }) => description?.includes(one.id))
      .map(({ networkInterfaceId }) => networkInterfaceId)
    expect(mirrored).toHaveLength(world.instances - 1)
    expect(mirrored).not.toContain(world.eni(1))
  })

  it('never takes packets from a session of lower priority', async () => {
    const { account, plan } = await open()
    const session = await watch(account, world.eni(1), 32_766, 8000, 9000)
    const overlapping = await plan()
    const beside = await plan({ traffic: { ports: [443] } })

    expect(overlapping.problems).toEqual([
      `${world.eni(1)}: with the number 32765 it would take packets from the session ${session} (number 32766).`,
    ])
    expect(beside).toMatchObject({ startable: true, problems: [] })
    expect(beside.sources[0]?.sessionNumber).toBe(32_765)
  })

  it('says when another session takes some of the packets', async () => {
    const { account, plan } = await open()
    const session = await watch(account, world.eni(2), 7, 8080, 8080)
    const made = await plan({ traffic: { ports: [8080, 9090] } })

    expect(made.startable).toBe(true)
    expect(made.warnings).toEqual([
      `${world.eni(2)}: the session ${session} (number 7) takes some of the packets first; they are not mirrored again.`,
    ])
    expect(made.sources[1]?.doubts).toEqual(made.warnings)
  })

  it('refuses a fourth session, and an interface that is a mirror target', async () => {
    const { account, plan } = await open()
    for (const number of [1, 2, 3]) await watch(account, world.eni(1), number, 22, 22)
    await account.plane.clients.ec2.send(
      new CreateTrafficMirrorTargetCommand({ NetworkInterfaceId: world.eni(2) }),
    )
    const made = await plan()

    expect(made.sources[0]?.sessionsLeft).toBe(0)
    expect(made.problems).toEqual([
      `${world.eni(1)}: it has 3 mirror sessions already, and AWS allows 3.`,
      `${world.eni(2)}: it is a mirror target itself, and AWS does not mirror those.`,
    ])
  })

  it('refuses where the load balancer does not listen, or has no way into a zone', async () => {
    const { plan } = await open({}, (declared) => ({
      ...declared,
      loadBalancers: declared.loadBalancers.map((balancer) => ({
        ...balancer,
        crossZone: false,
        zones: balancer.zones.slice(0, 1),
        listeners: [],
      })),
    }))
    const made = await plan()

    expect(made.startable).toBe(false)
    expect(made.problems).toEqual([
      expect.stringContaining('no UDP listener on port 4789'),
      expect.stringContaining('no node in us-east-1b, and cross-zone balancing is off'),
    ])
  })
})

describe('the shadow', PATIENT, () => {
  test.each([
    ['http://169.254.169.254/latest', 'never a shadow'],
    ['http://[fd00:ec2::254]:80', 'never a shadow'],
    ['http://10.1.2.3:9000', 'in none of the ranges that the deployment allows'],
    ['http://10.0.1.11:9000', 'in none of the ranges that the deployment allows'],
    ['http://10.0.1.1:8080', 'production itself'],
    ['http://10.0.1.1:9999', 'production itself'],
  ])('at %s is refused', async (url, why) => {
    const { api, plan } = await open()

    const made = await plan({ shadow: { url } })
    const started = await api.send({
      method: 'POST',
      path: '/experiments',
      body: { ...body, shadow: { url } },
    })

    expect(made.problems.join(' ')).toContain(why)
    expect(made.startable).toBe(false)
    expect(started).toMatchObject({ status: 422, body: { type: expect.stringContaining('not-startable') } })
  })

  it('whose dependencies nobody declared gets nothing; what was declared stays in audit and evidence', async () => {
    const { account, api, plan } = await open()
    const { dependencies: _, ...undeclared } = body
    const create = (given: object) => api.send({ method: 'POST', path: '/experiments', body: given })

    const [planned] = [await api.send({ method: 'POST', path: '/plans', body: undeclared })]
    const refused = await create(undeclared)
    const incomplete = await create({ ...body, dependencies: { database: 'own' } })
    const wrong = await create({ ...body, dependencies: { ...dependencies, mail: 'production' } })
    const risky = await plan({
      requests: { writes: 'forward' },
      dependencies: { ...dependencies, mail: 'own', payment: 'own' },
    })
    const { body: made } = await create(body)
    for (let ticks = 0; ticks < 3; ticks++) await pass(account)
    const audit = await api.send({ path: `/experiments/${made.id}/audit` })
    const evidence = await api.send({ path: `/experiments/${made.id}/evidence` })
    const page = await api.send({ path: `/experiments/${made.id}/evidence/markdown` })

    expect(planned.body.problems).toEqual([expect.stringContaining('Declare in dependencies')])
    expect([refused.status, incomplete.status, wrong.status]).toEqual([422, 400, 400])
    expect(incomplete.body.detail).toContain('body.dependencies.cache')
    expect(wrong.body.detail).toContain('body.dependencies.mail')
    expect(risky.warnings).toEqual([expect.stringContaining('its own mail and payment')])
    expect(audit.body.entries[0]).toMatchObject({ what: 'created', declared: dependencies })
    expect(evidence.body.experiment.spec.dependencies).toEqual(dependencies)
    expect(page.body.text).toContain('Declared to use database: own; mail, payment: stub')
  })

  it('that is one of several is judged like the first', async () => {
    const { plan } = await open()
    const made = await plan({
      shadow: { url: 'http://127.0.0.1:9000', others: [{ url: 'http://169.254.170.2/v2/credentials' }] },
    })

    expect(made.problems).toEqual([expect.stringContaining('169.254.170.2')])
  })
})

describe('the network of the sources', PATIENT, () => {
  /** Five-minute sums of bytes in and out, the last that are over. */
  const feed = ({ cloud, clock }: Account, n: number, received: number, sent: number) => {
    const at = Math.floor(clock.now() / (5 * MINUTE)) * 5 * MINUTE - 5 * MINUTE
    for (const [name, bytes] of [
      ['NetworkIn', received],
      ['NetworkOut', sent],
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
    const { account, plan } = await open()
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

  it('that is nearly full is refused, unless the spec accepts it', async () => {
    const { account, plan } = await open()
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
    const { account, plan } = await open({}, (declared) => ({
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
    const { account, api } = await open()
    account.plane.clients.cloudwatch.destroy()
    account.plane.clients.cloudwatch.config.endpoint = async () => ({
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: 1,
      path: '/',
    })
    const { body: made } = await api.send({ method: 'POST', path: '/plans', body })

    expect(made.startable).toBe(true)
    expect(made.warnings.join(' ')).toMatch(
      /CloudWatch could not be read \(.*\): the sources’ traffic is not known/,
    )
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  })
})
