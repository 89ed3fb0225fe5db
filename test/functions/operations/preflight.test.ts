import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  CreateTrafficMirrorSessionCommand,
  CreateTrafficMirrorTargetCommand,
} from '@aws-sdk/client-ec2'
import { describe, expect, it, test } from 'vitest'
import type { Plan } from '../../../contract/plan.ts'
import { PATIENT } from '../../support/api-account.ts'
import * as world from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import { type Account, pass } from '../../support/experiment-account.ts'
import { openPlanning, plannedBody } from '../../support/planning-account.ts'

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
    const { plan } = await openPlanning()
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
      schedules: 6,
      gateways: 1,
    })
  })

  it('refuses an ENI whose packets another session takes first, and says which', async () => {
    const { account, plan } = await openPlanning()
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
    const { account, api, plan } = await openPlanning()
    await watch(account, world.eni(1), 1, 1, 65_535)
    const source = { by: 'tag', match: 'all', tags: { service: 'checkout' } }
    const made = await plan({ source })
    const { body: one } = await api.send({
      method: 'POST',
      path: '/experiments',
      body: { ...plannedBody, source },
    })
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
    const { account, plan } = await openPlanning()
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
    const { account, plan } = await openPlanning()
    const session = await watch(account, world.eni(2), 7, 8080, 8080)
    const made = await plan({ traffic: { ports: [8080, 9090] } })

    expect(made.startable).toBe(true)
    expect(made.warnings).toEqual([
      `${world.eni(2)}: the session ${session} (number 7) takes some of the packets first; they are not mirrored again.`,
    ])
    expect(made.sources[1]?.doubts).toEqual(made.warnings)
  })

  it('refuses a fourth session, and an interface that is a mirror target', async () => {
    const { account, plan } = await openPlanning()
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
    const { plan } = await openPlanning({}, (declared) => ({
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

  it('refuses gateways beyond the account’s Fargate quota, and only warns where that is not to be read', async () => {
    const { account, api } = await openPlanning({}, (declared) => ({ ...declared, fargateVcpus: 0 }))
    const ask = async (): Promise<Plan> =>
      (await api.send({ method: 'POST', path: '/plans', body: plannedBody })).body
    const refused = await ask()
    account.plane.clients.serviceQuotas.config.endpoint = async () => ({
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: 1,
      path: '/',
    })
    const unread = await ask()

    expect(refused.problems).toEqual([
      expect.stringContaining('the account’s quota of Fargate On-Demand vCPUs is 0, 0 of them in use'),
    ])
    expect(unread).toMatchObject({ startable: true, problems: [] })
    expect([refused, unread].map(({ quotas }) => quotas[0])).toEqual([
      expect.objectContaining({ limit: 0, needed: 1, from: 'Service Quotas, L-3032A538' }),
      expect.objectContaining({
        limit: 6,
        from: expect.stringMatching(/^AWS’s default: .* could not be read/),
      }),
    ])
    expect(
      unread.quotas.slice(1).map(({ what, limit, used, needed }) => [what, limit, used, needed]),
    ).toEqual([
      ['mirror sessions', 10_000, 0, 2],
      ['mirror filters', 10_000, 1, 1],
      ['rules of the filter', 10, 0, 1],
      ['mirror sessions on one interface', 3, 0, 1],
    ])
    expect(unread.quotas[1]?.from).toContain('not adjustable, not in Service Quotas')
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
    const { api, plan } = await openPlanning()

    const made = await plan({ shadow: { url } })
    const started = await api.send({
      method: 'POST',
      path: '/experiments',
      body: { ...plannedBody, shadow: { url } },
    })

    expect(made.problems.join(' ')).toContain(why)
    expect(made.startable).toBe(false)
    expect(started).toMatchObject({ status: 422, body: { type: expect.stringContaining('not-startable') } })
  })

  it('whose dependencies nobody declared gets nothing; what was declared stays in audit and evidence', async () => {
    const { account, api, plan } = await openPlanning()
    const { dependencies: _, ...undeclared } = plannedBody
    const create = (given: object) => api.send({ method: 'POST', path: '/experiments', body: given })

    const [planned] = [await api.send({ method: 'POST', path: '/plans', body: undeclared })]
    const refused = await create(undeclared)
    const incomplete = await create({ ...plannedBody, dependencies: { database: 'own' } })
    const wrong = await create({ ...plannedBody, dependencies: { ...dependencies, mail: 'production' } })
    const risky = await plan({
      requests: { writes: 'forward' },
      dependencies: { ...dependencies, mail: 'own', payment: 'own' },
    })
    const { body: made } = await create(plannedBody)
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
    const { plan } = await openPlanning()
    const made = await plan({
      shadow: { url: 'http://127.0.0.1:9000', others: [{ url: 'http://169.254.170.2/v2/credentials' }] },
    })

    expect(made.problems).toEqual([expect.stringContaining('169.254.170.2')])
  })
})
