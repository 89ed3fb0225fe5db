import { afterEach, expect, test, vi } from 'vitest'
import { startWorkers } from '../../data-plane/workers.ts'
import { EXPERIMENT, gatewayExperiment, loopbackConfig, SOURCE } from '../support/gateway-experiment.ts'
import { MirroredConnection } from '../support/mirrored-connection.ts'
import { startRecordingShadow, until } from '../support/recording-shadow.ts'
import { sendDatagrams } from '../support/send-datagrams.ts'

vi.setConfig({ testTimeout: 60_000 })

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const PROXY = { vni: 7, eni: 'eni-00000000000000001', address: SOURCE, mac: '02:00:00:00:00:01' }
const APP = { vni: 8, eni: 'eni-00000000000000002', address: '127.0.0.6', mac: '02:00:00:00:00:02' }
const REQUESTS = 16

/** The packets of one request as the interface of its server mirrors them. */
const hop = (to: typeof PROXY, client: string, n: number): Buffer[] => {
  const connection = new MirroredConnection({
    vni: to.vni,
    client: { address: client, port: 20_000 + n },
    server: { address: to.address, port: 8080 },
  })
  const head = `GET /orders/${n} HTTP/1.1\r\nHost: shop\r\nX-Request-Id: ${n}\r\n\r\n`
  return [...connection.open(), ...connection.request(Buffer.from(head))]
}

test('a request that a proxy and the service behind it both got goes once, whichever of two workers read its hops', async () => {
  const shadow = await startRecordingShadow()
  cleanups.push(shadow.stop)
  const workers = await startWorkers(2, {
    host: '127.0.0.1',
    port: 0,
    onError: (error) => {
      throw error
    },
  })
  cleanups.push(() => workers.stop(0))
  const experiment = gatewayExperiment({
    id: EXPERIMENT,
    shadow: { url: shadow.url },
    sources: [PROXY, APP],
  })
  await workers.configure([loopbackConfig(experiment)])
  const counted = async () => (await workers.snapshot()).experiments[EXPERIMENT]?.requests

  for (let n = 0; n < REQUESTS; n++) {
    // A socket of its own for each hop: the kernel chooses the worker by its port.
    await sendDatagrams(hop(PROXY, '203.0.113.9', n), workers, PROXY.address)
    await sendDatagrams(hop(APP, PROXY.address, n), workers, APP.address)
  }
  await vi.waitUntil(async () => (await counted())?.seen === 2 * REQUESTS, { timeout: 20_000 })
  await until(() => shadow.requests.length >= REQUESTS)
  const requests = await counted()

  expect(requests).toMatchObject({ seen: 2 * REQUESTS, forwarded: REQUESTS })
  expect(requests?.refused['filtered.other_hop']).toBe(REQUESTS)
  expect(new Set(shadow.requests.map(({ url }) => url)).size).toBe(REQUESTS)
})
