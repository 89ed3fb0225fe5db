import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Sample } from '../../../contract/comparison.ts'
import type { Evidence } from '../../../contract/evidence.ts'
import { ComparisonWriter } from '../../../data-plane/control/comparison-writer.ts'
import { evidenceSections } from '../../../functions/experiments/evidence-sections.ts'
import manifest from '../../../package.json' with { type: 'json' }
import { type ApiUnderTest, openApiOver } from '../../support/api.ts'
import { eni, instance } from '../../support/aws-world.ts'
import { begin, openAccount, pass, read } from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { feedMetrics } from '../../support/metrics.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const sample: Sample = {
  endpoint: 'POST /a',
  kind: 'status',
  path: '201>422',
  at: '2026-11-21T14:01:00.000Z',
  rank: 0.1,
  requestId: 'req-1',
  traceId: 'trace-1',
  client: '10.0.0.9:40001',
  request: { method: 'POST', target: '/a', headers: ['Host', 'shop'], body: '{}' },
  production: { status: 201, milliseconds: 12.5, server: '10.0.0.4:8080', body: '{"id":1}' },
  shadow: { status: 422, milliseconds: 7.25, body: '{"error":"no"}' },
}

/** One that ran in two stages, was compared, lost some packets and was stopped. */
const spec = experimentSpec({
  owner: 'payments',
  traffic: { ports: [8080], directions: 'both', packetLength: 1500 },
  requests: { percent: 50 },
  window: { durationSeconds: 600 },
  ramp: { stages: [{ sources: 50, seconds: 30 }, { sources: 100 }], promote: 'time' },
})

describe('the evidence package', () => {
  let api: ApiUnderTest
  let id: string
  let evidence: Evidence
  let schema: object
  let pages: [string, string]
  beforeAll(async () => {
    const account = await openAccount({}, undefined, { onEnd: () => {} })
    account.gateways.load = { packetsPerSecond: 1_000, lossShare: 0 }
    api = openApiOver(account.plane)
    id = await begin(account, spec)
    for (let n = 0; n < 60 && (await read(account.plane, id)).experiment.stage?.number !== 2; n++)
      await pass(account)
    await feedMetrics(
      account.cloud.address,
      [1, 2].flatMap((n) =>
        [
          ['NetworkMirrorOut', 5_000_000],
          ['NetworkSkipMirrorOut', 40],
        ].map(([name, value]) => ({
          namespace: 'AWS/EC2',
          name: String(name),
          dimensions: { InstanceId: instance(n) },
          value: Number(value),
          at: account.clock.now(),
        })),
      ),
    )
    await new ComparisonWriter(account.plane.table, 'task-1').write({
      [id]: {
        ...comparisonOf(
          endpointTally(
            'POST /a',
            { '201>201': 70, '201>422': 70 },
            { differences: [{ kind: 'status', path: '201>422', count: 70 }] },
          ),
        ),
        samples: [sample],
      },
    })
    await pass(account)
    const answers = await Promise.all(
      ['/evidence', '/evidence/html', '/evidence/markdown', '/evidence.schema.json'].map(
        async (path) => (await api.send({ path: `/experiments/${id}${path}` })).body,
      ),
    )
    const [json, html, markdown, published] = answers
    ;[evidence, pages, schema] = [json, [html.text, markdown.text], published]
    await account.cloud.close()
  }, 120_000)

  it('is as its published schema says, which another validator than ours understands', async () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true, strictTypes: false, strictTuples: false })
    formats.default(ajv)
    const isEvidence = ajv.compile(schema)
    const byItself = (await api.send({ path: `/${evidence.$schema}` })).body

    expect(isEvidence(evidence), JSON.stringify(isEvidence.errors)).toBe(true)
    expect(byItself).toEqual(schema)
    expect(isEvidence({ ...evidence, sessions: [{ eni: 'eni-1' }] })).toBe(false)
    expect(isEvidence({ ...evidence, more: 1 })).toBe(false)
    expect(isEvidence({ ...evidence, verdict: { ...evidence.verdict, outcome: 'good' } })).toBe(false)
  })

  it('holds everything that a reviewer asks for', () => {
    expect(evidence).toMatchObject({
      $schema: 'evidence.schema.json',
      owner: 'payments',
      versions: { shadowmeter: manifest.version, gateways: [manifest.version] },
      experiment: {
        approval: null,
        spec: {
          requests: { percent: 50, redaction: { mode: 'pseudonymise' } },
          traffic: { packetLength: 1500 },
        },
        stage: { number: 2, of: 2 },
        redacted: {},
      },
      mirrorTarget: expect.stringMatching(/^tmt-/),
      sessions: expect.arrayContaining([
        expect.objectContaining({
          eni: eni(1),
          instance: instance(1),
          session: expect.stringMatching(/^tms-/),
          number: expect.any(Number),
          vni: expect.any(Number),
          createdAt: expect.any(String),
        }),
      ]),
      filterRules: expect.arrayContaining([expect.objectContaining({ direction: 'egress' })]),
      capacity: { tasks: 1, tasksMax: 8, basis: 'assumed' },
      path: {
        sources: { instances: 2, of: 2, mirroredBytes: 10_000_000, skippedBytes: 80 },
        datagrams: { accepted: expect.any(Number) },
        packets: { 'tcp.data': expect.any(Number) },
        gapBytes: 0,
      },
      samples: [sample],
    })
    expect(evidence.ledger.lines.length).toBeGreaterThan(0)
    expect(evidence.experiment.usdPerGb).toBeGreaterThan(0)
    expect(evidence.audit.map(({ what }) => what)).toContain('stage 2 of 2')
    expect(evidence.experiment.health.map(({ rule }) => rule.watch)).toContain('skipped-mirroring')
    expect(evidence.gaps).toContain('The sources skipped 80 bytes that were to be mirrored.')
  })

  it.each(['html', 'markdown'] as const)('says all of it in %s, number by number', (format) => {
    const page = pages[format === 'html' ? 0 : 1]
    const plain = (text: string) => text.replace(/<[^>]*>/g, ' ')
    const unescaped = format === 'html' ? decoded(plain(page)) : page.replace(/\\(.)/g, '$1')
    const flat = unescaped.replace(/[\s|]+/g, ' ')

    for (const { title, text, table } of evidenceSections(evidence)) {
      expect(flat).toContain(title)
      const cells = (table?.rows ?? []).map((row) => row.filter((cell) => cell !== '').join(' '))
      for (const words of [...text, ...cells]) expect(flat).toContain(words.replace(/[\s|]+/g, ' ').trim())
    }
    for (const fact of ['payments', eni(1), '1500 bytes', '10.0.0.9:40001', 'req-1', 'trace-1', '10000000'])
      expect(flat).toContain(fact)
  })
})

const decoded = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
