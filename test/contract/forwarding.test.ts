import { expect, test } from 'vitest'
import { ShadowSpec, shadowTargets } from '../../contract/forwarding.ts'
import { fromChunks, type GatewayConfig, toChunks } from '../../contract/gateway-config.ts'

const url = 'http://10.0.9.12:8080'

const everything = {
  url,
  name: 'candidate',
  share: 2,
  connections: 'per-source',
  maxConnections: 100,
  host: 'rewrite',
  forwardedFor: 'append',
  headers: {
    remove: ['X-Debug'],
    rewrite: [{ name: 'cookie', pattern: 'session=[a-z]+', replacement: 'session=shadow' }],
    set: [{ name: 'X-Env', value: 'shadow' }],
  },
  path: [{ pattern: '^/v1/', replacement: '/v2/' }],
  query: { remove: ['debug'], set: [{ name: 'env', value: 'shadow' }] },
  authentication: { by: 'basic', user: 'gateway', password: 'orders/password' },
  timeouts: { connectMs: 500, headersMs: 1_000, bodyMs: 1_000, totalMs: 2_000 },
  breaker: { consecutiveFailures: 10, failureRatio: 0.3, openMs: 500, serverErrors: true },
  others: [{ url: 'https://abc.execute-api.eu-central-1.amazonaws.com/prod', breaker: 'off' }],
  distribution: 'split',
} as const

test('an address alone stays an address alone', () => {
  expect(ShadowSpec.parse({ url })).toEqual({ url })
  expect(shadowTargets({ url })).toEqual([{ url, name: 'shadow' }])
})

test('all of it reaches the gateways as it was asked for, field by field in one order', () => {
  const shadow = ShadowSpec.parse(everything)
  const config = {
    revision: 1,
    experiments: [
      {
        id: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
        ports: [8080],
        shadow,
        percent: 100,
        writes: 'hold',
        until: '2026-11-21T15:00:00Z',
        sources: [],
      },
    ],
  } as unknown as GatewayConfig

  const read = fromChunks(toChunks(config))

  expect(shadow).toEqual(everything)
  expect(JSON.stringify(read.experiments[0]?.shadow)).toBe(JSON.stringify(shadow))
  expect(shadowTargets(shadow).map(({ name }) => name)).toEqual(['candidate', 'shadow-2'])
})

test.each([
  [{ url: 'http://user:secret@10.0.9.12' }],
  [{ url, headers: { set: [{ name: 'X-A', value: 'a\r\nX-B: b' }] } }],
  [{ url, path: [{ pattern: '(a+)+$', replacement: '' }] }],
  [{ url, path: [{ pattern: '[', replacement: '' }] }],
  [{ url, authentication: { by: 'sigv4', service: 'dynamodb', region: 'eu-central-1' } }],
  [{ url, authentication: { by: 'bearer', token: 'eyJhbGciOi.J9==' } }],
  [{ url, timeouts: { headersMs: 0 } }],
  [{ url, others: [{ url, others: [] }] }],
  [{ url, name: 'Not A Label' }],
])('%j is refused', (spec) => {
  expect(ShadowSpec.safeParse(spec).success).toBe(false)
})
