import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { SelectionInput } from '../../../contract/selection.ts'
import { writePcap } from '../../../data-plane/source/pcap.ts'
import { Conversation } from '../../support/conversation.ts'
import { startGateway } from '../../support/gateway-process.ts'
import { MirroredConnection } from '../../support/mirrored-connection.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'
import { sendDatagrams } from '../../support/send-datagrams.ts'

// Each test starts processes: on a busy machine that alone takes seconds.
vi.setConfig({ testTimeout: 60_000 })

const MAIN = new URL('../../../data-plane/main.ts', import.meta.url).pathname
const run = promisify(execFile)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const SELECT: SelectionInput = {
  allow: [{ paths: ['/api/**'] }],
  deny: [{ paths: ['/api/admin/**'] }, { headers: [{ name: 'X-Debug' }] }],
  sampleBy: { key: 'cookie', name: 'user' },
  absentKey: 'exclude',
}
const request = (target: string, headers = 'Cookie: user=7\r\n') =>
  `GET ${target} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`
const REQUESTS = [
  request('/api/orders'),
  request('/other'),
  request('/api/%61dmin/users'),
  request('/api/%zz'),
  request('/api/orders', 'X-Debug: 1\r\n'),
  request('/api/orders', ''),
  request('/api/orders', 'User-Agent: kube-probe/1.31\r\n'),
]
const REASONS = [
  null,
  'filtered.not_allowed',
  'filtered.denied',
  'filtered.undecidable',
  'filtered.denied',
  'sampled_out.absent_key',
  'filtered.health_check',
]

let folder: string
let select: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'select-'))
  select = join(folder, 'select.json')
  await writeFile(select, JSON.stringify(SELECT))
})

test('--explain says per request which rule decided, and forwards nothing', async () => {
  const conversation = new Conversation({ client: '10.0.0.1', server: '10.1.0.9' }).open()
  for (const text of REQUESTS) {
    conversation.say('client', text)
    conversation.say('server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  }
  const file = join(folder, 'capture.pcap')
  await writeFile(
    file,
    writePcap(
      1,
      conversation.finish().packets.map(({ frame }, i) => ({ at: 1_795_000_000_000 + i, data: frame })),
    ),
  )

  const { stdout } = await run(process.execPath, [MAIN, '--explain', file, '--select', select])

  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ reason }) => reason)).toEqual(REASONS)
  expect(lines.map(({ rule }) => rule)).toEqual([
    ...['allow[0]', 'allow', 'deny[0]', 'deny[0]', 'deny[1]', 'absentKey', 'healthCheckers'],
  ])
  expect(lines[0]).toMatchObject({ decision: 'forward', method: 'GET', target: '/api/orders', copies: 0 })
})

test('a running gateway decides the same, and sends copies that are counted apart', async () => {
  const shadow = await startRecordingShadow()
  cleanups.push(shadow.stop)
  const gateway = await startGateway([
    ...['--listen', '127.0.0.1:0', '--port', '8080', '--shadow', shadow.url],
    ...['--select', select, '--percent', '300'],
  ])
  cleanups.push(() => gateway.child.kill('SIGKILL'))
  const connection = new MirroredConnection({
    vni: 7,
    client: { address: '10.0.0.1', port: 33_000 },
    server: { address: '10.1.0.9', port: 8080 },
  })

  await sendDatagrams(
    [
      ...connection.open(),
      ...REQUESTS.flatMap((text) => connection.request(Buffer.from(text))),
      ...connection.close(),
    ],
    gateway.udp,
  )
  await until(() => shadow.requests.length >= 3)
  const { code, summary } = await gateway.stop()

  expect(code).toBe(0)
  expect(shadow.requests.map(({ url }) => url)).toEqual(['/api/orders', '/api/orders', '/api/orders'])
  expect(summary.requests).toMatchObject({
    received: REQUESTS.length,
    forwarded: 1,
    copies: { forwarded: 2, dropped: 0 },
    reasons: {
      ...{ 'filtered.not_allowed': 1, 'filtered.denied': 2, 'filtered.undecidable': 1 },
      ...{ 'sampled_out.absent_key': 1, 'filtered.health_check': 1 },
    },
  })
  expect(summary.violations).toEqual([])
})

test.each([
  [['--select', 'nowhere.json'], /--select nowhere\.json: .*ENOENT/],
  [['--select', MAIN], /--select .*main\.ts: /],
  [['--explain', 'x.pcap', '--shadow', 'http://a'], /--shadow: not together with --explain/],
] as const)('bad options %j: one line, exit code 2', async (args, message) => {
  const failed = await run(process.execPath, [MAIN, '--shadow', 'http://127.0.0.1:1', ...args]).catch(
    (error) => error,
  )

  expect(failed.code).toBe(2)
  expect(failed.stderr.trim().split('\n').length).toBe(1)
  expect(failed.stderr).toMatch(message)
})
