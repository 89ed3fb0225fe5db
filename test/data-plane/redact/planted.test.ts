import { afterEach, expect, test, vi } from 'vitest'
import { seeded } from '../../../local/demo/random.ts'
import { startGateway } from '../../support/gateway-process.ts'
import { MirroredConnection } from '../../support/mirrored-connection.ts'
import { leaks, plantedRequests, unwrapped, wireBytes } from '../../support/planted.ts'
import { headerOf, startRecordingShadow, until } from '../../support/recording-shadow.ts'
import { sendDatagrams } from '../../support/send-datagrams.ts'

vi.setConfig({ testTimeout: 60_000 })

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const SEED = 20_261_126

/** Sends planted requests through a gateway; what the shadow received, by the request’s number, and all that was said. */
const throughGateway = async (planted: ReturnType<typeof plantedRequests>, ...args: string[]) => {
  const shadow = await startRecordingShadow()
  cleanups.push(shadow.stop)
  const gateway = await startGateway([
    ...['--listen', '127.0.0.1:0', '--port', '8080', '--health', '127.0.0.1:0', '--shadow', shadow.url],
    ...args,
  ])
  cleanups.push(() => gateway.child.kill('SIGKILL'))
  const random = seeded(SEED)
  for (let at = 0; at < planted.length; at += 50) {
    const datagrams = planted.slice(at, at + 50).flatMap((one, i) => {
      const connection = new MirroredConnection({
        vni: 7,
        client: { address: '10.0.0.1', port: 20_000 + at + i },
        server: { address: '10.1.0.9', port: 8080 },
        mss: one.mss,
      })
      return [
        ...connection.open(),
        ...connection.request(wireBytes(one, at + i, random)),
        ...connection.response(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')),
        ...connection.close(),
      ]
    })
    await sendDatagrams(datagrams, gateway.udp)
  }
  await until(() => shadow.requests.length >= planted.length, 30_000).catch(() => {})
  const [, health] = /health (http:\/\/[\d.:]+)/.exec(gateway.ready) ?? []
  const metrics = await (await fetch(`${health}/metrics`)).text()
  const { summary } = await gateway.stop()
  const received = new Map(
    shadow.requests.map((recorded) => [Number(headerOf(recorded, 'x-planted')), recorded]),
  )
  return {
    received,
    summary,
    said: [...gateway.stdout, ...gateway.stderr, metrics].join('\n'),
    ready: gateway.ready,
  }
}

const REGIONS = '{"regions":["us","gb"]}'

const fileWith = async (text: string): Promise<string> => {
  const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const dir = mkdtempSync(join(tmpdir(), 'redaction-'))
  cleanups.push(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'redaction.json'), text)
  return join(dir, 'redaction.json')
}

test('of secrets in every place none reaches the shadow, a report or a log', async () => {
  const planted = plantedRequests(seeded(SEED), 3)

  const { received, summary, said, ready } = await throughGateway(
    planted,
    '--redact',
    await fileWith(REGIONS),
  )

  expect(ready).toContain('redacted (pseudonymise)')
  expect([...received.keys()].sort((a, b) => a - b)).toEqual(planted.map((_, i) => i))
  const leaked = planted.flatMap((one, i) => {
    const { url = '', rawHeaders = [], body = Buffer.alloc(0) } = received.get(i) ?? {}
    const text = unwrapped([url, ...rawHeaders, body.toString('latin1')].join('\n'))
    return leaks(text, one) ? [`${one.kind} in ${one.place}: ${one.secret}`] : []
  })
  expect(leaked).toEqual([])
  expect(planted.filter((one) => leaks(said, one))).toEqual([])
  expect(summary.requests).toMatchObject({ received: planted.length, forwarded: planted.length })
  expect(summary.violations).toEqual([])
})

test('turned off, the ready line says so, and everything arrives: what was planted can be found', async () => {
  const planted = plantedRequests(seeded(SEED), 1).filter(
    ({ place }) => !['gzip', 'br', 'deflate'].includes(place),
  )

  const { received, ready } = await throughGateway(
    planted,
    '--redact',
    await fileWith('{"mode":"off","sideEffects":"keep"}'),
  )

  expect(ready).toContain('NOT REDACTED')
  const found = planted.filter((one, i) => {
    const { url = '', rawHeaders = [], body = Buffer.alloc(0) } = received.get(i) ?? {}
    return leaks(unwrapped([url, ...rawHeaders, body.toString('latin1')].join('\n')), one)
  })
  expect(planted.filter((one) => !found.includes(one) && one.place !== 'authorization')).toEqual([])
})
