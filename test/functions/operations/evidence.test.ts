import { createHash } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { Evidence } from '../../../contract/evidence.ts'
import { writeResources } from '../../../functions/store/resources.ts'
import { comparedExperiments } from '../../support/compared-experiments.ts'
import { resourcesOf, resourceTally } from '../../support/resources.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const { api, store } = comparedExperiments('evidence-test')
let id: string
beforeAll(async () => {
  id = await store(
    comparisonOf(
      endpointTally(
        'POST /a',
        { '201>201': 70, '201>422': 70 },
        {
          differences: [
            { kind: 'status', path: '201>422', count: 70 },
            { kind: 'value', path: '$["<b>|*"]', count: 3 },
          ],
          latency: { production: [10, 10, 10], shadow: [20, 20, 20] },
        },
      ),
      endpointTally('GET /rare', { '200>200': 7 }),
    ),
    { name: 'Release 7 <script>alert(1)</script> | a' },
  )
})

it('holds the verdict, the numbers behind it, what was set up, and what is not known', async () => {
  const { status, body } = await api().send({ path: `/experiments/${id}/evidence` })
  const evidence = Evidence.parse(body)

  expect(status).toBe(200)
  expect(evidence).toMatchObject({
    schema: 'shadowmeter/evidence/2',
    deployment: 'shadowmeter/test',
    experiment: { id },
    verdict: { outcome: 'fail' },
    endpoints: [
      { endpoint: 'POST /a', compared: 140, statuses: { '201>201': 70, '201>422': 70 } },
      { endpoint: 'GET /rare', compared: 7, productionMs: null },
    ],
    filterRules: [{ direction: 'ingress' }, { direction: 'egress' }],
    mirrorTarget: 'tmt-0123456789abcdef0',
    ledger: { rows: [] },
  })
  expect(evidence.endpoints[0]?.productionMs?.p50).toBeCloseTo(10, 0)
  expect(evidence.gaps).toContain('Not judged, for want of requests: GET /rare (7).')
  expect(evidence.gaps).toContain('Writes were held back: nothing is known about them.')
})

it('says the same in HTML and in Markdown, and lets nothing of the traffic become markup', async () => {
  const pages = await Promise.all(
    ['html', 'markdown'].map((format) => api().send({ path: `/experiments/${id}/evidence/${format}` })),
  )
  const [html, markdown] = pages.map(({ body }) => String(body.text)) as [string, string]

  for (const { body } of pages) expect(body.sha256).toBe(createHash('sha256').update(body.text).digest('hex'))
  const plain = (text: string) =>
    text
      .replace(/<[^>]*>/g, ' ')
      .replace(/[\\|]/g, ' ')
      .replace(/\s+/g, ' ')
  for (const text of [
    'POST /a answers 422 where production answers 201: 70 of 140 requests (50 %).',
    'Not judged, for want of requests: GET /rare (7).',
  ]) {
    expect(plain(html)).toContain(text)
    expect(plain(markdown)).toContain(text)
  }
  expect(html).not.toContain('<script')
  expect(html).not.toMatch(/(?:src|href)=/)
  expect(markdown).toContain('\\<script\\>')
  expect(markdown).toContain('$\\["\\<b\\>\\|\\*"\\]')
})

it('compares the resources that the spec names, in all formats', async () => {
  const compare = { resources: resourcesOf(['database-operations', 'cpu']), warmUpSeconds: 10 }
  const named = await store(undefined, { compare })
  const periods = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => ({
    production: { amount: 1_200 + n, requests: 1_000 },
    shadow: { amount: 3_600 - n, requests: 1_000 },
  }))
  await writeResources(api().surroundings.table, named, {
    counted: [],
    through: null,
    tallies: [resourceTally('database-operations', 'production', periods)],
  })

  const { body } = await api().send({ path: `/experiments/${named}/evidence` })
  const pages = await Promise.all(
    ['html', 'markdown'].map((format) => api().send({ path: `/experiments/${named}/evidence/${format}` })),
  )

  const says =
    'Per 1,000 requests the shadow makes 2.98 times production’s database operations: 3,590 against 1,210, in 10 periods of 60 s.'
  expect(Evidence.parse(body).verdict).toMatchObject({
    outcome: 'fail',
    resources: [
      { resource: 'database-operations', state: 'compared', says, periods: 10, requests: 10_000 },
      { resource: 'cpu', state: 'waiting' },
    ],
  })
  expect(body.gaps).toContain(
    'Not compared, of what production and the shadow use: CPU, memory, database connections, outbound calls.',
  )
  for (const { body: page } of pages) {
    expect(page.text).toContain(says)
    expect(page.text).toMatch(/database operations.{0,200}1,210.{0,200}3,590.{0,200}2\.98/s)
  }
})

it('knows two formats only', async () => {
  const { status, body } = await api().send({ path: `/experiments/${id}/evidence/pdf` })

  expect(status).toBe(400)
  expect(JSON.stringify(body)).toContain('format')
})
