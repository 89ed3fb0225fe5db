import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeTrafficMirrorFiltersCommand,
  DescribeTrafficMirrorSessionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { apiClient } from './api-client.ts'
import { eventually } from './aws-clients.ts'
import { dependencies } from './declared.ts'
import { freePorts, type LocalSystem, processesBelow, startLocalSystem } from './local-system.ts'
import { startRecordingShadow } from './recording-shadow.ts'

/** What still costs money or mirrors, as AWS has it, and the gateway processes there are. */
export const NOTHING_LEFT = { sessions: 0, rules: 0, schedules: 0, gateways: 0 }

/**
 * A production service under steady traffic, its shadow, and a local system between them that keeps its state: what a
 * test needs to kill parts of it and look what goes on.
 * @param tickSeconds of the local system: what is waited for follows it
 */
export const startOutage = async (tickSeconds: number) => {
  const data = await mkdtemp(join(tmpdir(), 'shadowmeter-'))
  const port = await freePorts()
  const production = await startRecordingShadow()
  let lastArrival = 0
  const shadow = await startRecordingShadow((_request, response) => {
    lastArrival = Date.now()
    response.end('ok')
  })
  let front: URL | null = null
  const traffic = setInterval(() => {
    if (!front) return
    request(front, { agent: false }, (response) => response.resume())
      .on('error', () => {})
      .end()
  }, 100)
  let system: LocalSystem | null = null

  const start = async () => {
    const options = ['--port', String(port), '--data', data, '--no-demo', '--tick', String(tickSeconds)]
    const services = [
      '--production',
      `127.0.0.1:${production.port}`,
      '--shadow',
      shadow.url,
      '--shadow-uses',
      'own',
    ]
    const started = await startLocalSystem([...options, ...services])
    system = started
    front = new URL('/steady', started.production ?? '')
    const settings = {
      endpoint: started.aws,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }
    const [ec2, scheduler, api] = [new EC2Client(settings), new SchedulerClient(settings), apiClient(started)]
    return {
      process: started.process,
      api,
      /** Starts an experiment and waits until its requests arrive. */
      mirror: async (durationSeconds: number) => {
        const { sources } = await api.sources()
        const eni = sources.find(({ name }) => name?.includes(String(production.port)))?.eni ?? ''
        const created = await api.create({
          name: 'Outage',
          source: { by: 'eni', ids: [eni] },
          traffic: { ports: [production.port] },
          shadow: { url: shadow.url },
          dependencies,
          window: { durationSeconds },
          budgetUsd: 5,
        })
        const since = Date.now()
        await eventually(async () => lastArrival > since, durationSeconds * 1000)
        return created
      },
      left: async () => ({
        sessions: (await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))).TrafficMirrorSessions
          ?.length,
        rules: (await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))).TrafficMirrorFilters?.flatMap(
          ({ IngressFilterRules = [], EgressFilterRules = [] }) =>
            [...IngressFilterRules, ...EgressFilterRules].filter(({ RuleAction }) => RuleAction === 'accept'),
        ).length,
        schedules: (await scheduler.send(new ListSchedulesCommand({}))).Schedules?.filter(
          ({ Name }) => Name !== 'tick',
        ).length,
        gateways: processesBelow(started.process.pid ?? 0, 'data-plane/main.ts').length,
      }),
      ended: (id: string, milliseconds: number) =>
        eventually(async () => {
          const seen = await api.get(id)
          return seen.phase === 'ended' ? seen : undefined
        }, milliseconds),
      /** kill -9 of every process. */
      kill: async () => {
        front = null
        const exited = new Promise((resolve) => started.process.once('exit', resolve))
        const root = started.process.pid ?? 0
        for (const pid of [root, ...processesBelow(root, '')]) process.kill(pid, 'SIGKILL')
        await exited
      },
    }
  }

  return {
    start,
    lastArrival: () => lastArrival,
    stop: async () => {
      clearInterval(traffic)
      await system?.stop()
      await production.stop()
      await shadow.stop()
      await rm(data, { recursive: true, force: true })
    },
  }
}
