import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, afterEach } from 'vitest'
import type { GatewayExperiment } from '../../contract/gateway-config.ts'
import type { GatewayReport } from '../../contract/gateway-report.ts'
import { startControlTable } from './control-table.ts'
import { EXPERIMENT, gatewayExperiment, SOURCE } from './gateway-experiment.ts'
import { MirroredConnection } from './mirrored-connection.ts'
import { startRecordingShadow } from './recording-shadow.ts'
import { sendDatagrams } from './send-datagrams.ts'

/** Gateway tasks as processes, the table that they read and write, and a shadow that records: for the tests of one file. */
export const openGatewayTasks = async () => {
  const table = await startControlTable('gateway-task')
  const shadow = await startRecordingShadow()
  const children: ChildProcess[] = []
  let revision = 0
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    shadow.requests.splice(0)
  })
  afterAll(async () => {
    table.stop()
    await shadow.stop()
  })

  const experiment = (given: Partial<GatewayExperiment> = {}): GatewayExperiment =>
    gatewayExperiment({ id: EXPERIMENT, shadow: { url: shadow.url }, ...given })

  /** Answers with its revision. */
  const publish = async (...experiments: GatewayExperiment[]): Promise<number> => {
    await table.publish({ revision: ++revision, experiments })
    return revision
  }

  const startTask = async (environment: Record<string, string> = {}) => {
    const task = `task-${children.length}-${Date.now()}`
    const child = fork(new URL('../../data-plane/main.ts', import.meta.url), [], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        AWS_REGION: 'eu-west-1',
        AWS_ENDPOINT_URL: table.endpoint,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        SHADOWMETER_TABLE: table.table,
        SHADOWMETER_TASK: task,
        SHADOWMETER_SHADOWS: '{"ranges":[{"cidr":"127.0.0.0/8"}],"hosts":[]}',
        SHADOWMETER_LISTEN: '127.0.0.1:0',
        SHADOWMETER_HEALTH: '127.0.0.1:0',
        SHADOWMETER_NEIGHBOURS: '127.0.0.1:0',
        SHADOWMETER_REPORT_SECONDS: '1',
        ...environment,
      },
    })
    children.push(child)
    const exited = once(child, 'exit')
    const log: Record<string, unknown>[] = []
    const started = Promise.withResolvers<{ udp: string; health: string; neighbours: string }>()
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const entry = JSON.parse(line)
      log.push(entry)
      if (entry.event === 'started') started.resolve(entry)
    })
    const { udp, health, neighbours } = await Promise.race([
      started.promise,
      exited.then(() => Promise.reject(new Error('the task ended'))),
    ])
    const [address = '', port] = udp.split(':')
    const reportWhere = async (holds: (report: GatewayReport) => boolean): Promise<GatewayReport> => {
      for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
        const report = await table.lastReport(task)
        if (report && holds(report)) return report
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error(`no such report; the last one: ${JSON.stringify(await table.lastReport(task))}`)
    }
    return {
      /** Where other tasks find it. */
      face: { task, address: '127.0.0.1', port: Number(neighbours.split(':')[1]) },
      child,
      exited,
      log,
      reportWhere,
      runs: (wanted: number) => reportWhere((report) => report.revision === wanted),
      send: (datagrams: Buffer[], from = SOURCE) =>
        sendDatagrams(datagrams, { address, port: Number(port) }, from),
      get: async (path: string) => {
        const response = await fetch(`http://${health}${path}`)
        return [response.status, await response.text()] as const
      },
    }
  }

  return { table, shadow, experiment, publish, startTask }
}

export const aConnection = (vni: number, port: number) =>
  new MirroredConnection({
    vni,
    client: { address: '10.0.0.1', port },
    server: { address: '10.1.0.9', port: 8080 },
  })

export const aGet = (vni: number, path: string, port: number): Buffer[] => {
  const connection = aConnection(vni, port)
  return [
    ...connection.open(),
    ...connection.request(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`)),
    ...connection.close(),
  ]
}
