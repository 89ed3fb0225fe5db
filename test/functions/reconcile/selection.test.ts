import { expect, onTestFinished, test } from 'vitest'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import type { GatewayExperiment } from '../../../contract/gateway-config.ts'
import { Selection, type SelectionInput } from '../../../contract/selection.ts'
import { readNewConfig } from '../../../data-plane/control/config-reader.ts'
import { Experiment } from '../../../data-plane/experiment.ts'
import { fromContract } from '../../../data-plane/experiment-config.ts'
import { Conversation } from '../../support/conversation.ts'
import { type Account, begin, openAccount, pass, stop } from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'

const select: SelectionInput = {
  deny: [{ paths: ['/admin/**'] }],
  sampleBy: { key: 'header', name: 'X-User' },
  absentKey: 'exclude',
  perSecondMax: 1_000,
}

/** What the gateways are told, once there are sources to read. */
const published = async (account: Account, id: string): Promise<GatewayExperiment> => {
  for (let passes = 0; passes < 20; passes++) {
    await pass(account)
    const config = await readNewConfig(account.plane.table, -1)
    const entry = config?.experiments.find((each) => each.id === id)
    if (entry && entry.sources.length > 0) return entry
  }
  throw new Error(`nothing was published:\n${account.lines.join('\n')}`)
}

test.each<[string, ExperimentSpecInput['traffic'], boolean]>([
  ['every port, both directions, all clients', {}, true],
  ['some ports', { ports: [8080] }, false],
  ['requests only', { directions: 'requests' }, false],
  ['some clients', { clientCidrs: ['10.0.0.0/8'] }, false],
])(
  'of a connection mirrored at both ends one copy is read where both are whole: %s',
  { timeout: 60_000 },
  async (_, traffic, isWhole) => {
    const account = await openAccount()
    const id = await begin(
      account,
      experimentSpec({
        traffic: { directions: 'both', ...traffic },
        ...(traffic?.ports ? {} : { accept: ['every-port'] }),
      }),
    )

    const { bothEnds } = await published(account, id)
    await stop(account, id)

    expect(bothEnds).toBe(isWhole)
  },
)

test('what a spec selects is what its gateways forward', { timeout: 60_000 }, async () => {
  const shadow = await startRecordingShadow()
  onTestFinished(shadow.stop)
  const account = await openAccount()
  const id = await begin(
    account,
    experimentSpec({ shadow: { url: shadow.url }, requests: { percent: 100, select } }),
  )
  const entry = await published(account, id)
  const revision = (await readNewConfig(account.plane.table, -1))?.revision
  await pass(account)
  await pass(account)
  const settled = (await readNewConfig(account.plane.table, -1))?.revision
  const gateway = new Experiment(
    fromContract(entry, { environment: {}, allowed: account.plane.config.allowed, production: [] }),
    {},
  )

  const [source] = entry.sources
  const mac = Uint8Array.from((source?.mac ?? '').split(':').map((byte) => Number.parseInt(byte, 16)))
  const conversation = new Conversation({ serverPort: 8080, mac }).open()
  for (const head of ['/a HTTP/1.1\r\nX-User: 7', '/%61dmin/x HTTP/1.1\r\nX-User: 7', '/b HTTP/1.1']) {
    conversation.say('client', `GET ${head}\r\nHost: h\r\n\r\n`)
    conversation.say('server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  }
  for (const { frame } of conversation.finish().packets)
    gateway.frame(frame, 0, frame.length, source?.vni ?? 0, account.clock.now())
  await until(() => shadow.requests.length > 0)
  await gateway.stop(account.clock.now(), 5_000)
  await stop(account, id)

  expect(entry).toMatchObject({ select: Selection.parse(select), percent: 100, tasks: 1 })
  expect(settled).toBe(revision)
  expect(shadow.requests.map(({ url }) => url)).toEqual(['/a'])
  expect(gateway.snapshot().requests).toMatchObject({
    seen: 3,
    forwarded: 1,
    refused: { 'filtered.denied': 1, 'sampled_out.absent_key': 1 },
  })
})
