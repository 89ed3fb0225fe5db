import { expect, onTestFinished, test } from 'vitest'
import type { GatewayExperiment } from '../../../contract/gateway-config.ts'
import { Selection, type SelectionInput } from '../../../contract/selection.ts'
import { readNewConfig } from '../../../data-plane/control/config-reader.ts'
import { Experiment, fromContract } from '../../../data-plane/experiment.ts'
import { Conversation } from '../../support/conversation.ts'
import { begin, openAccount, pass, stop } from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'

const select: SelectionInput = {
  deny: [{ paths: ['/admin/**'] }],
  sampleBy: { key: 'header', name: 'X-User' },
  absentKey: 'exclude',
  perSecondMax: 1_000,
}

test('what a spec selects is what its gateways forward', { timeout: 60_000 }, async () => {
  const shadow = await startRecordingShadow()
  onTestFinished(shadow.stop)
  const account = await openAccount()
  const id = await begin(
    account,
    experimentSpec({ shadow: { url: shadow.url }, requests: { percent: 100, select } }),
  )
  let entry: GatewayExperiment | undefined
  for (let passes = 0; passes < 20 && !entry?.sources.length; passes++) {
    await pass(account)
    entry = (await readNewConfig(account.plane.table, -1))?.experiments.find((each) => each.id === id)
  }
  if (!entry) throw new Error(`nothing was published:\n${account.lines.join('\n')}`)
  const revision = (await readNewConfig(account.plane.table, -1))?.revision
  await pass(account)
  await pass(account)
  const settled = (await readNewConfig(account.plane.table, -1))?.revision
  const gateway = new Experiment(fromContract(entry, {}), {})

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
