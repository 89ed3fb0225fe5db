import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { errorCode, eventually, startTestCloud } from '../../support/aws-clients.ts'
import { idleGroupArn, loadBalancerArn, targetGroupArn, testWorld } from '../../support/aws-world.ts'

/** A world whose groups look for health at the target's own port. */
function worldAt(port: number) {
  const world = testWorld()
  return {
    ...world,
    targetGroups: world.targetGroups.map((group) => ({
      ...group,
      healthCheck: { ...group.healthCheck, port },
    })),
  }
}

async function target(status: () => number) {
  const server = createServer((_, response) => response.writeHead(status()).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function health(elb: ElasticLoadBalancingV2Client, TargetGroupArn = targetGroupArn) {
  const { TargetHealthDescriptions: rows = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn }),
  )
  return rows.map((row) => ({ ...row.Target, ...row.TargetHealth }))
}

describe('Elastic Load Balancing', () => {
  test('shows the load balancer, its listener, its groups and their attributes', async () => {
    const { elb } = await startTestCloud()

    const { LoadBalancers: balancers } = await elb.send(
      new DescribeLoadBalancersCommand({ Names: ['mirror'] }),
    )
    const { Listeners: listeners } = await elb.send(
      new DescribeListenersCommand({ LoadBalancerArn: loadBalancerArn }),
    )
    const { TargetGroups: groups } = await elb.send(
      new DescribeTargetGroupsCommand({ LoadBalancerArn: loadBalancerArn }),
    )
    const { Attributes: ofBalancer = [] } = await elb.send(
      new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: loadBalancerArn }),
    )
    const { Attributes: ofGroup = [] } = await elb.send(
      new DescribeTargetGroupAttributesCommand({ TargetGroupArn: idleGroupArn }),
    )
    const value = (rows: { Key?: string | undefined; Value?: string | undefined }[], key: string) =>
      rows.find((row) => row.Key === key)?.Value

    expect(balancers).toMatchObject([
      {
        Type: 'network',
        Scheme: 'internal',
        State: { Code: 'active' },
        AvailabilityZones: [
          { ZoneName: 'us-east-1a', LoadBalancerAddresses: [{ PrivateIPv4Address: '10.0.1.200' }] },
          { ZoneName: 'us-east-1b', LoadBalancerAddresses: [{ PrivateIPv4Address: '10.0.2.200' }] },
        ],
      },
    ])
    expect(listeners).toMatchObject([
      { Protocol: 'UDP', Port: 4789, DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }] },
    ])
    expect(groups).toMatchObject([
      { TargetGroupName: 'gateway', Protocol: 'UDP', TargetType: 'ip', LoadBalancerArns: [loadBalancerArn] },
    ])
    expect(value(ofBalancer, 'load_balancing.cross_zone.enabled')).toBe('true')
    expect(value(ofGroup, 'deregistration_delay.timeout_seconds')).toBe('300')
    expect(await errorCode(elb.send(new DescribeLoadBalancersCommand({ Names: ['other'] })))).toBe(
      'LoadBalancerNotFoundException',
    )
    expect(await errorCode(health(elb, `${targetGroupArn}x`))).toBe('TargetGroupNotFoundException')
    expect(await errorCode(elb.send(new DescribeListenersCommand({ ListenerArns: ['x'] })))).toBe(
      'ListenerNotFoundException',
    )
  })

  test('finds targets healthy, unhealthy and draining by looking at them', async () => {
    let status = 200
    const port = await target(() => status)
    const { elb } = await startTestCloud({ world: worldAt(port) })
    const Targets = [{ Id: '127.0.0.1', Port: 4789 }]

    await elb.send(new RegisterTargetsCommand({ TargetGroupArn: targetGroupArn, Targets }))
    const [registered] = await health(elb)
    await eventually(async () => (await health(elb))[0]?.State === 'healthy')
    status = 503
    const [sick] = await eventually(async () => {
      const rows = await health(elb)
      return rows[0]?.State === 'unhealthy' && rows
    })
    await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: targetGroupArn, Targets }))
    const [draining] = await health(elb)
    await eventually(async () => (await health(elb)).length === 0)

    expect(registered?.State).toBe('initial')
    expect(sick).toMatchObject({ Reason: 'Target.ResponseCodeMismatch' })
    expect(sick?.Description).toBe('Health checks failed with these codes: [503]')
    expect(draining).toMatchObject({ State: 'draining', Reason: 'Target.DeregistrationInProgress' })
  })

  test('does not check targets of a group that no listener uses', async () => {
    const { elb } = await startTestCloud()
    const register = (Id: string) =>
      elb.send(new RegisterTargetsCommand({ TargetGroupArn: idleGroupArn, Targets: [{ Id }] }))

    await register('10.0.1.1')

    expect(await health(elb, idleGroupArn)).toMatchObject([
      {
        Id: '10.0.1.1',
        Port: 80,
        AvailabilityZone: 'us-east-1a',
        State: 'unused',
        Reason: 'Target.NotInUse',
      },
    ])
    expect(await errorCode(register('i-0a000000000000001'))).toBe('InvalidTargetException')
    const asked = await elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: idleGroupArn, Targets: [{ Id: '10.9.9.9' }] }),
    )
    expect(asked.TargetHealthDescriptions).toMatchObject([
      { TargetHealth: { Reason: 'Target.NotRegistered' } },
    ])
  })
})
