import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { CreateScheduleCommand, type CreateScheduleCommandInput } from '@aws-sdk/client-scheduler'
import type { TestContext } from 'vitest'
import { writePcap } from '../../data-plane/source/pcap.ts'
import { ethernetFrame, tcpPacket, udpPacket, vxlanPayload } from '../../data-plane/wire/emit.ts'
import { ETHERNET } from '../../data-plane/wire/link.ts'
import { ACK } from '../../data-plane/wire/tcp.ts'
import { defaultSwitches, type Switches } from '../../local/aws/switches.ts'
import type { WorldDeclaration } from '../../local/aws/world.ts'
import { type Flow, reversed, TCP } from '../../local/tap/flow.ts'
import { outerSourcePort } from '../../local/tap/source-port.ts'
import type { Report } from '../../local/verify/report.ts'
import { eventually, startTestCloud } from './aws-clients.ts'
import {
  deadLetterArn,
  functionArn,
  loadBalancerArn,
  mirrorTargetId,
  parkingFilterId,
  roleArn,
  targetGroupArn,
  testWorld,
} from './aws-world.ts'

export const DEPLOYMENT = 'shadowmeter/test'
const GROUP = 'shadowmeter-test'
const TAGS = { 'managed-by': 'shadowmeter', deployment: DEPLOYMENT }

/** A deployment’s account with two gateways; a target is healthy after three checks. */
const deployedWorld = (intervalSeconds: number): WorldDeclaration => {
  // Only Linux answers on all of 127/8; elsewhere a target that is put back is looked for at the wrong port.
  const byte = () => 1 + Math.floor(Math.random() * 250)
  const prefix = `127.${byte()}.${byte()}`
  const world = testWorld({ addresses: { kind: 'each', ips: [`${prefix}.1`, `${prefix}.2`, `${prefix}.3`] } })
  return {
    ...world,
    loadBalancers: world.loadBalancers.map((balancer) => ({ ...balancer, scheme: 'internal' as const })),
    targetGroups: world.targetGroups.map((group) => ({
      ...group,
      healthCheck: { ...group.healthCheck, intervalSeconds, healthyThreshold: 3 },
    })),
    services: world.services.map((service) => ({ ...service, desiredCount: 2 })),
    mirrorTargets: [{ id: mirrorTargetId, loadBalancerArn, tags: TAGS }],
    mirrorFilters: [{ id: parkingFilterId, description: 'parking', tags: TAGS }],
    scheduleGroups: [GROUP],
  }
}

const TICK: CreateScheduleCommandInput = {
  Name: 'tick',
  GroupName: GROUP,
  ScheduleExpression: 'rate(1 minute)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: functionArn, RoleArn: roleArn, DeadLetterConfig: { Arn: deadLetterArn } },
}

/**
 * A deployment as `npm run verify:aws` finds it, its gateways healthy, and the program against it.
 * @param intervalSeconds between health checks
 */
export const startDeployment = async (
  { onTestFinished }: TestContext,
  switches: Partial<Switches> = {},
  intervalSeconds = 0.1,
) => {
  const functions = createServer((_, response) => response.writeHead(202).end())
  functions.listen(0, '127.0.0.1')
  await once(functions, 'listening')
  onTestFinished(() => void functions.close())
  const lambdaEndpoint = `http://127.0.0.1:${(functions.address() as AddressInfo).port}`
  const account = await startTestCloud(
    { world: deployedWorld(intervalSeconds), switches, lambdaEndpoint },
    onTestFinished,
  )
  await account.scheduler.send(new CreateScheduleCommand(TICK))
  await eventually(async () => {
    const { TargetHealthDescriptions: rows = [] } = await account.elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
    )
    return rows.filter(({ TargetHealth }) => TargetHealth?.State === 'healthy').length === 2
  })
  const begin = (args: readonly string[]) => {
    const run = start(account.cloud.address, args)
    onTestFinished(() => void run.child.kill('SIGKILL'))
    return run
  }
  return {
    ...account,
    /** Runs to its end… */
    verify: (...args: string[]) => begin(args).ended,
    /** …or is left running. */
    start: (...args: string[]) => begin(args),
  }
}

type Ended = { code: number; said: string; report: Report | null }

/** As an operator runs it. */
const start = (endpoint: string, args: readonly string[]) => {
  const child = spawn(
    process.execPath,
    ['local/verify/main.ts', '--deployment', DEPLOYMENT, '--region', 'us-east-1', '--json', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    },
  )
  const ended = async (): Promise<Ended> => {
    const [out, said, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    return { code: Number(code), said, report: out === '' ? null : (JSON.parse(out) as Report) }
  }
  return { child, ended: ended() }
}

/** Packets of some TCP connections, both sides, as a tap under these switches sends them; a capture file. */
export const writeCapture = ({ onTestFinished }: TestContext, switches: Partial<Switches> = {}): string => {
  const { sourcePortSymmetry, sourcePortMin, sourcePortMax } = { ...defaultSwitches, ...switches }
  const ports = { symmetric: sourcePortSymmetry, min: sourcePortMin, max: sourcePortMax }
  const packets = Array.from({ length: 2000 }, (_, n) => {
    const flow: Flow = {
      protocol: TCP,
      source: 0x0a00_0105,
      destination: 0x0a00_0209,
      sourcePort: 20_000 + n,
      destinationPort: 8080,
    }
    return [flow, reversed(flow)].map((one) => ({ at: n, data: mirrored(one, outerSourcePort(one, ports)) }))
  }).flat()
  const folder = mkdtempSync(join(tmpdir(), 'capture-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'mirrored.pcap')
  writeFileSync(file, writePcap(ETHERNET, packets))
  return file
}

const address = (number: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}

const mirrored = (flow: Flow, outerPort: number): Buffer => {
  const inner = tcpPacket(
    { source: address(flow.source), destination: address(flow.destination) },
    { ...flow, sequence: 1, acknowledgement: 1, flags: ACK },
  )
  return ethernetFrame(
    udpPacket(
      { source: Buffer.from([10, 0, 1, 5]), destination: Buffer.from([10, 0, 2, 200]) },
      { sourcePort: outerPort, destinationPort: 4789 },
      vxlanPayload(77, ethernetFrame(inner)),
    ),
  )
}
