import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  CreateTrafficMirrorSessionCommand,
  DeleteTrafficMirrorFilterRuleCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2'
import { expect, onTestFinished, test } from 'vitest'
import type { MirroringSnapshot } from '../../../local/aws/mirroring-snapshot.ts'
import { startTestCloud } from '../../support/aws-clients.ts'
import {
  eni,
  instance,
  loadBalancerArn,
  mirrorTargetId,
  targetGroupArn,
  testWorld,
} from '../../support/aws-world.ts'

/** Lines of the stream, as they come. */
async function follow(address: string) {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const response = await fetch(`${address}/-/mirroring`, { signal: abort.signal })
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]).on('error', () => {})
  const lines = createInterface({ input: body })[Symbol.asyncIterator]()
  const next = async (): Promise<MirroringSnapshot> => JSON.parse((await lines.next()).value ?? 'null')
  return {
    next,
    until: async (wanted: (snapshot: MirroringSnapshot) => boolean) => {
      for (;;) {
        const snapshot = await next()
        if (wanted(snapshot)) return snapshot
      }
    },
  }
}

test('tells a tap at once what to mirror, and every change of it', async () => {
  const { ec2, cloud } = await startTestCloud()
  const stream = await follow(cloud.address)
  const first = await stream.next()
  const { TrafficMirrorFilter: filter } = await ec2.send(new CreateTrafficMirrorFilterCommand({}))
  const { TrafficMirrorSession: session } = await ec2.send(
    new CreateTrafficMirrorSessionCommand({
      NetworkInterfaceId: eni(1),
      TrafficMirrorTargetId: mirrorTargetId,
      TrafficMirrorFilterId: filter!.TrafficMirrorFilterId,
      SessionNumber: 5,
      VirtualNetworkId: 4242,
    }),
  )
  const rule = async (RuleNumber: number, RuleAction: 'accept' | 'reject') => {
    const { TrafficMirrorFilterRule: made } = await ec2.send(
      new CreateTrafficMirrorFilterRuleCommand({
        TrafficMirrorFilterId: filter!.TrafficMirrorFilterId,
        TrafficDirection: 'ingress',
        RuleNumber,
        RuleAction,
        SourceCidrBlock: '0.0.0.0/0',
        DestinationCidrBlock: '0.0.0.0/0',
        Protocol: 6,
        DestinationPortRange: { FromPort: 80, ToPort: 81 },
      }),
    )
    return made!.TrafficMirrorFilterRuleId!
  }
  const second = await rule(20, 'accept')
  await rule(10, 'reject')

  const live = await stream.until(({ sessions }) => sessions[0]?.ingress.length === 2)
  await ec2.send(new DeleteTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId: second }))
  const less = await stream.until(({ sessions }) => sessions[0]?.ingress.length === 1)
  await ec2.send(new StopInstancesCommand({ InstanceIds: [instance(1)] }))
  const stopped = await stream.until(({ sessions }) => sessions[0]?.active === false)

  expect(first).toMatchObject({
    sessions: [],
    switches: { sourcePortSymmetry: true, sourcePortMin: 65_408, sourcePortMax: 65_535 },
    loadBalancers: [
      {
        arn: loadBalancerArn,
        crossZone: true,
        zones: [
          { availabilityZone: 'us-east-1a', privateIp: '10.0.1.200' },
          { availabilityZone: 'us-east-1b', privateIp: '10.0.2.200' },
        ],
        listeners: [{ protocol: 'UDP', port: 4789, targetGroupArn, targets: [] }],
      },
    ],
  })
  expect(live.sessions).toMatchObject([
    {
      id: session?.TrafficMirrorSessionId,
      number: 5,
      privateIp: '10.0.1.1',
      mac: '02:00:00:00:00:01',
      instanceId: instance(1),
      active: true,
      reason: null,
      virtualNetworkId: 4242,
      packetLength: 8500,
      ingress: [
        { number: 10, action: 'reject' },
        { number: 20, action: 'accept', protocol: 6, sourcePorts: null, destinationPorts: [80, 81] },
      ],
      egress: [],
      target: { kind: 'load-balancer', arn: loadBalancerArn },
    },
  ])
  expect(less.revision).toBeGreaterThan(live.revision)
  expect(stopped.sessions[0]?.reason).toMatch(/^instance stop/)
})

test('says that a session is inactive when the listener is missing, which AWS never says', async () => {
  const world = testWorld()
  const { ec2, cloud } = await startTestCloud({
    world: { ...world, loadBalancers: world.loadBalancers.map((one) => ({ ...one, listeners: [] })) },
  })
  await ec2.send(
    new CreateTrafficMirrorSessionCommand({
      NetworkInterfaceId: eni(1),
      TrafficMirrorTargetId: mirrorTargetId,
      TrafficMirrorFilterId: 'tmf-0a000000000000001',
      SessionNumber: 1,
    }),
  )

  const { sessions } = await (await follow(cloud.address)).next()

  expect(sessions).toMatchObject([{ active: false, reason: 'no UDP listener on 4789' }])
})
