import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { DeleteTrafficMirrorSessionCommand } from '@aws-sdk/client-ec2'
import { expect, onTestFinished, test } from 'vitest'
import type { Figure } from '../../../contract/resources.ts'
import { Thresholds } from '../../../contract/thresholds.ts'
import type { ComparedResource } from '../../../contract/verdict.ts'
import { judge } from '../../../functions/experiments/verdict.ts'
import { readResources } from '../../../functions/store/resources.ts'
import { BYTES_PER_SECOND } from '../../support/account-gateways.ts'
import {
  type Account,
  begin,
  openAccount,
  pass,
  read,
  TICK_SECONDS,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'
import { resourcesOf } from '../../support/resources.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

/** Of both sources: a request for each packet, of 1,000 bytes. */
const REQUESTS = (2 * BYTES_PER_SECOND * TICK_SECONDS) / 1_000

const put = ({ plane, clock }: Account, figures: Record<string, number>) =>
  plane.clients.cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: 'Shop',
      MetricData: Object.entries(figures).map(([MetricName, Value]) => ({
        MetricName,
        Value,
        Timestamp: new Date(clock.now()),
        StorageResolution: 1,
      })),
    }),
  )

/** Database operations unless other figures are given, each with what differs from the namespace Shop. */
const start = async (
  account: Account,
  {
    warmUpSeconds = 10,
    figures = [{ resource: 'database-operations' }] as Partial<Figure>[],
    requests = {},
  } = {},
) => {
  const known = resourcesOf(
    figures.flatMap(({ resource }) => resource ?? []),
    { requests },
  )
  const resources = {
    ...known,
    periodSeconds: TICK_SECONDS as 5,
    figures: known.figures.map((figure, place) => ({ ...figure, ...figures[place] })),
  }
  const id = await begin(
    account,
    spec({
      window: { durationSeconds: 1800 },
      traffic: { ports: [8080], directions: 'both' },
      compare: { warmUpSeconds, resources },
      abort: [],
    }),
  )
  for (let n = 0; (await read(account.plane, id)).experiment.phase !== 'mirroring'; n++) {
    if (n > 40) throw new Error(account.lines.join('\n'))
    await pass(account)
  }
  return id
}

/** What the verdict says after so many periods, in each of which these figures were put. */
const after = async (
  account: Account,
  id: string,
  periods: number,
  figures: Record<string, number>,
): Promise<ComparedResource[]> => {
  for (let n = 0; n < periods; n++) {
    await put(account, figures)
    await pass(account)
  }
  const { experiment } = await read(account.plane, id)
  const { tallies } = await readResources(account.plane.table, id)
  const comparison = comparisonOf(endpointTally('GET /a', { '200>200': 400 }))
  return judge(experiment, comparison, Thresholds.parse({}), new Date(account.plane.now()), {
    resources: tallies,
  }).resources
}

const FIGURES = {
  'production-requests': REQUESTS,
  'production-database-operations': 1.2 * REQUESTS,
  'shadow-database-operations': 3.6 * REQUESTS,
}

test('figures of CloudWatch are added up at each look and compared per 1,000 requests', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await start(account)
  const before = (await read(account.plane, id)).life.metricsRead

  const [early] = await after(account, id, 4, FIGURES)
  const [late] = await after(account, id, 16, FIGURES)

  expect(early).toMatchObject({ state: 'waiting' })
  expect(late).toMatchObject({ state: 'compared', against: 'production', missing: {} })
  expect(late?.periods).toBeGreaterThan(10)
  expect(late?.production).toBeCloseTo(1_200, 0)
  expect(late?.shadow).toBeCloseTo(3_600, 0)
  expect(late?.served).toBeCloseTo(1, 2)
  expect(late?.ratio?.value).toBeCloseTo(3, 2)
  const { life, experiment } = await read(account.plane, id)
  expect(life.metricsRead - before).toBeGreaterThan(30)
  expect(experiment.spend.lines['control-plane']).toBeGreaterThan(life.metricsRead * 10e-6)
})

test('a metric that CloudWatch does not know is said, with its name', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await start(account, { warmUpSeconds: 0 })
  const { 'shadow-database-operations': _, ...others } = FIGURES

  const [lacking] = await after(account, id, 10, others)

  expect(lacking).toMatchObject({ state: 'missing', periods: 0 })
  expect(lacking?.missing.shadow).toBeGreaterThan(2)
  expect(lacking?.says).toContain('no figures of the shadow (Shop shadow-database-operations Sum)')
})

test('figures of a Prometheus count as well, and one that cannot be asked is said with the reason', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const asked: URL[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://prometheus')
    asked.push(url)
    const [start, end] = ['start', 'end'].map((name) => Number(url.searchParams.get(name))) as [
      number,
      number,
    ]
    const values = Array.from({ length: 1 + (end - start) / TICK_SECONDS }, (_, n) => [
      start + n * TICK_SECONDS,
      String(2.4 * REQUESTS),
    ])
    response.end(
      JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const shadow = { from: 'prometheus', url, query: 'sum(increase(queries_total[5s]))' } as const
  const id = await start(account, {
    figures: [
      { resource: 'database-operations', shadow },
      { resource: 'outbound-calls', shadow: { ...shadow, url: 'http://10.1.2.3:9090' } },
    ],
  })

  const [operations, calls] = await after(account, id, 16, { ...FIGURES, 'production-outbound-calls': 1 })

  expect(operations).toMatchObject({ state: 'compared', missing: {} })
  expect(operations?.ratio?.value).toBeCloseTo(2, 2)
  expect(calls?.state).toBe('missing')
  expect(calls?.says).toContain(
    'http://10.1.2.3:9090: its address is not allowed: it is in none of the ranges',
  )
  expect(asked[0]?.searchParams.get('query')).toBe(shadow.query)
})

test('what is mirrored stands for production’s requests only while every source is mirrored', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await start(account, { warmUpSeconds: 0, requests: { production: 'mirrored' } })

  const [whole] = await after(account, id, 12, FIGURES)
  const [session] = account.cloud.state.mirrorSessions.list()
  await account.plane.clients.ec2.send(
    new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId: session?.id }),
  )
  const [half] = await after(account, id, 12, FIGURES)

  expect(whole).toMatchObject({ state: 'compared', missing: {} })
  expect(whole?.production).toBeCloseTo(1_200, 0)
  // Those that were over, and not settled yet, before the session was gone.
  expect((half?.periods ?? 0) - (whole?.periods ?? 0)).toBeLessThanOrEqual(4)
  expect(half?.production).toBeCloseTo(1_200, 0)
})

test('nothing is asked, and nothing kept, where the spec names no resources', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec({ window: { durationSeconds: 1800 }, abort: [] }))

  for (let n = 0; (await read(account.plane, id)).experiment.phase !== 'mirroring' && n < 40; n++)
    await pass(account)
  for (let n = 0; n < 2; n++) await pass(account)

  expect((await read(account.plane, id)).experiment.phase).toBe('mirroring')
  expect(await readResources(account.plane.table, id)).toEqual({ counted: [], through: null, tallies: [] })
  expect((await read(account.plane, id)).life.metricsRead).toBe(0)
})
