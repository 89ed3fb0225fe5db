import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTrafficMirrorFilterCommand, CreateTrafficMirrorSessionCommand } from '@aws-sdk/client-ec2'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { CloudOptions } from '../../local/aws/cloud.ts'
import { mirroredVnis } from '../support/account-gateways.ts'
import { eventually, startTestCloud } from '../support/aws-clients.ts'
import { eni, mirrorTargetId, parkingFilterId } from '../support/aws-world.ts'
import { cli } from '../support/cli.ts'
import { begin, leftovers, openAccount, pass } from '../support/experiment-account.ts'
import { experimentSpec } from '../support/experiment-spec.ts'
import { ManualClock } from '../support/manual-clock.ts'

const PATIENT = { timeout: 60_000 }
const DEPLOYMENT = 'shadowmeter/test'
const OURS = {
  'managed-by': 'shadowmeter',
  deployment: DEPLOYMENT,
  'experiment-id': 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
}

const panic = (endpoint: string, ...more: string[]) =>
  cli(['panic', '--deployment', DEPLOYMENT, '--region', 'us-east-1', ...more], {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })

const openCloud = async (options: Partial<CloudOptions> = {}) => {
  const { cloud, ec2 } = await startTestCloud(options)
  const tags = (type: 'traffic-mirror-session' | 'traffic-mirror-filter', of: Record<string, string>) => [
    { ResourceType: type, Tags: Object.entries(of).map(([Key, Value]) => ({ Key, Value })) },
  ]
  const session = async (n: number, number: number, filter: string, of: Record<string, string>) => {
    const { TrafficMirrorSession } = await ec2.send(
      new CreateTrafficMirrorSessionCommand({
        NetworkInterfaceId: eni(n),
        TrafficMirrorTargetId: mirrorTargetId,
        TrafficMirrorFilterId: filter,
        SessionNumber: number,
        TagSpecifications: tags('traffic-mirror-session', of),
      }),
    )
    return TrafficMirrorSession?.TrafficMirrorSessionId ?? ''
  }
  const filter = async (of: Record<string, string>) => {
    const { TrafficMirrorFilter } = await ec2.send(
      new CreateTrafficMirrorFilterCommand({ TagSpecifications: tags('traffic-mirror-filter', of) }),
    )
    return TrafficMirrorFilter?.TrafficMirrorFilterId ?? ''
  }
  const left = () => ({
    sessions: cloud.state.mirrorSessions.list().map(({ id }) => id),
    filters: cloud.state.mirrorFilters.list().map(({ id }) => id),
  })
  return { cloud, session, filter, left }
}

type Call = { service: string; errorCode: string | null }
const callsOf = async (endpoint: string): Promise<Call[]> =>
  ((await (await fetch(`${endpoint}/-/calls`)).json()) as { calls: Call[] }).calls

describe('panic', PATIENT, () => {
  test('ends what mirrors without the control plane, by EC2 calls alone', async () => {
    const account = await openAccount({ deleteRuleInUse: 'refused' })
    await begin(account, experimentSpec({ window: { durationSeconds: 3600 } }))
    for (let ticks = 0; ticks < 8; ticks++) await pass(account)
    const flowing = mirroredVnis(account.cloud).length
    const before = (await callsOf(account.cloud.address)).length
    const { code, out, err } = await panic(account.cloud.address)

    const calls = (await callsOf(account.cloud.address)).slice(before)
    expect([flowing, code]).toEqual([2, 0])
    expect(out).toBe('3 resources of shadowmeter/test deleted: nothing is mirrored any more.\n')
    expect(err.match(/^(closed|deleted) \w+/gm)).toEqual([
      'closed rule',
      'deleted session',
      'deleted session',
      'deleted filter',
    ])
    expect(leftovers(account)).toMatchObject({ sessions: [], filters: [], rules: [] })
    expect([...new Set(calls.map(({ service }) => service))]).toEqual(['ec2'])
  })

  test('leaves others’ sessions and filters beside ours alone, and the parking filter', async () => {
    const { cloud, session, filter, left } = await openCloud()
    const kept = {
      filters: [
        parkingFilterId,
        await filter({ ...OURS, deployment: 'shadowmeter/prod' }),
        await filter({ 'managed-by': 'shadowmeter', deployment: DEPLOYMENT }),
        await filter({}),
      ],
      sessions: [
        await session(1, 1, parkingFilterId, {}),
        await session(1, 2, parkingFilterId, { ...OURS, deployment: 'shadowmeter/prod' }),
        await session(2, 1, parkingFilterId, { ...OURS, 'managed-by': 'somebody' }),
        await session(3, 1, parkingFilterId, { deployment: DEPLOYMENT }),
      ],
    }
    const mine = await filter(OURS)
    await session(1, 3, mine, OURS)
    await session(4, 1, parkingFilterId, OURS)
    const all = left()
    const dry = await panic(cloud.address, '--dry-run', '--json')
    const untouched = left()
    const { code, err } = await panic(cloud.address)
    const again = await panic(cloud.address)

    expect(JSON.parse(dry.out).deleted).toHaveLength(3)
    expect(untouched).toEqual(all)
    expect([code, err.trimEnd().split('\n').length]).toEqual([0, 3])
    expect(left()).toEqual(kept)
    expect(again.out).toBe('Nothing of shadowmeter/test mirrors anything.\n')
  })

  test('waits out throttling, and what EC2 still shows after it was deleted', async () => {
    const clock = new ManualClock()
    const { cloud, session, filter, left } = await openCloud({ switches: { describeLagSeconds: 2 }, clock })
    await clock.advance(2_000)
    const mine = await filter(OURS)
    await clock.advance(2_000)
    for (let n = 1; n <= 12; n++) await session(n, 1, mine, OURS)
    await clock.advance(2_000)
    // Whatever is left of EC2’s burst of 50 is taken by somebody else.
    while ((await filter({ ...OURS, deployment: 'shadowmeter/prod' }).catch(() => '')) !== '');
    const running = panic(cloud.address)
    await eventually(async () => {
      const refused = (await callsOf(cloud.address)).filter(
        (call) => call.errorCode === 'RequestLimitExceeded',
      )
      return refused.length >= 3
    })
    let ended = false
    void running.then(() => {
      ended = true
    })
    while (!ended) {
      await sleep(100)
      await clock.advance(200)
    }

    const { code, err } = await running
    expect(code).toBe(0)
    expect(err.match(/^deleted session/gm)).toHaveLength(12)
    expect(err.match(/^deleted filter/gm)).toHaveLength(1)
    expect(left().sessions).toEqual([])
    expect(left().filters).not.toContain(mine)
  })

  test('says in one line which right is missing', async () => {
    const { cloud, session, left } = await openCloud()
    await session(1, 1, parkingFilterId, OURS)
    const { code, err } = await panic(await readOnly(cloud.address))

    expect(code).toBe(1)
    expect(err).toMatch(
      /^shadowmeter: AWS refuses: session tms-\w+: UnauthorizedOperation: You are not authorized.+\n$/,
    )
    expect(left().sessions).toHaveLength(1)
  })
})

/** The same endpoint for a role that may only describe. */
const readOnly = async (endpoint: string): Promise<string> => {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    if (/Action=(Delete|Modify)/.test(body.toString())) {
      response.writeHead(403, { 'content-type': 'text/xml' }).end(UNAUTHORIZED)
      return
    }
    const headers = Object.entries(request.headers).filter(
      ([name]) => !/^(host|connection|content-length)$/.test(name),
    )
    const answer = await fetch(`${endpoint}${request.url}`, {
      method: request.method ?? 'POST',
      headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
      body,
    })
    response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const UNAUTHORIZED =
  '<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>UnauthorizedOperation</Code>' +
  '<Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>1</RequestID></Response>'
