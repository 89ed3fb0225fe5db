import { afterEach, describe, expect, test } from 'vitest'
import { ShadowSpec, type ShadowTarget } from '../../../contract/forwarding.ts'
import { mayRunAway } from '../../../contract/replacement.ts'
import { forwarderWith, settingsOf } from '../../support/forwarding.ts'
import { headerOf, type Recorded, startRecordingShadow, until } from '../../support/recording-shadow.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** What the shadow gets when one request is forwarded to it in this way. */
const received = async (
  options: Omit<ShadowTarget, 'url'> & { basePath?: string },
  given: Parameters<ReturnType<typeof forwarderWith>['submit']>[0],
): Promise<Recorded & { own: string; headers: string[] }> => {
  const shadow = await startRecordingShadow()
  cleanups.push(shadow.stop)
  const { basePath = '', ...target } = options
  const { url } = shadow
  const { forwarder, submit } = forwarderWith(
    settingsOf(ShadowSpec.parse({ url: url + basePath, ...target })),
  )
  cleanups.push(() => forwarder.stop(0))
  submit(given)
  await until(() => shadow.requests.length === 1)
  const recorded = shadow.requests[0] as Recorded
  const { rawHeaders } = recorded
  return {
    ...recorded,
    own: url.replace('http://', ''),
    headers: rawHeaders.slice(2, rawHeaders.indexOf('X-Shadow-Request')),
  }
}

describe('headers', () => {
  test('are removed, rewritten and set, whatever their case; all others go out as they came', async () => {
    const { headers } = await received(
      {
        headers: {
          remove: ['x-debug'],
          rewrite: [
            { name: 'Cookie', pattern: 'session=([a-z]+)', replacement: 'session=shadow-$1' },
            { name: 'x-absent', pattern: 'a', replacement: 'b' },
            { name: 'x-tenant', pattern: '^prod-', replacement: '' },
          ],
          set: [{ name: 'X-Env', value: 'shadow' }],
        },
      },
      {
        headers: [
          ...['Host', 'h', 'X-DEBUG', '1', 'cookie', 'session=abc', 'Accept', 'a, b', 'X-Debug', '2'],
          ...['COOKIE', 'other=1', 'x-env', 'production', 'X-Tenant', 'prod-7', 'X-Name', 'Jos\xe9'],
        ],
      },
    )

    expect(headers).toEqual([
      ...['cookie', 'session=shadow-abc', 'Accept', 'a, b', 'COOKIE', 'other=1', 'X-Tenant', '7'],
      ...['X-Name', 'Jos\xe9', 'X-Env', 'shadow'],
    ])
  })

  test.each(['X-Shadow-Request', 'x-shadow-experiment', 'HOST', 'Content-Length', 'transfer-encoding'])(
    'no rule may name %s',
    (name) => {
      const rules = [
        { remove: [name] },
        { set: [{ name, value: 'x' }] },
        { rewrite: [{ name, pattern: '1', replacement: '0' }] },
      ]

      for (const headers of rules)
        expect(ShadowSpec.safeParse({ url: 'http://127.0.0.1', headers }).success).toBe(false)
    },
  )

  test('a rule that would end a header holds the request back', async () => {
    const shadow = await startRecordingShadow()
    cleanups.push(shadow.stop)
    const { forwarder, submit, counters } = forwarderWith(
      settingsOf({
        url: shadow.url,
        headers: { rewrite: [{ name: 'x-a', pattern: ' ', replacement: '\r\nX-Shadow-Request: 0' }] },
      }),
    )
    cleanups.push(() => forwarder.stop(0))

    submit({ headers: ['Host', 'h', 'X-A', 'a b'] })

    expect(counters.refused['held_back.not_forwardable']).toBe(1)
  })
})

describe('path and query', () => {
  test.each<[string, Omit<ShadowTarget, 'url'>, string, string]>([
    [
      'a path',
      { path: [{ pattern: '^/api/v1/', replacement: '/v2/' }] },
      '/api/v1/a?x=/api/v1/',
      '/base/v2/a?x=/api/v1/',
    ],
    [
      'groups',
      { path: [{ pattern: '^/u/([0-9]+)/(.*)$', replacement: '/$2/$1' }] },
      '/u/7/cart',
      '/base/cart/7',
    ],
    [
      'one rule after the other',
      {
        path: [
          { pattern: 'a', replacement: 'b' },
          { pattern: 'b', replacement: 'c' },
        ],
      },
      '/ab',
      '/base/cc',
    ],
    [
      'a query',
      {
        query: {
          remove: ['token'],
          rewrite: [{ name: 'q', pattern: '%20', replacement: '+' }],
          set: [{ name: 'env', value: 'shadow' }],
        },
      },
      '/s?token=1&q=a%20b&flag&env=prod&q=c&token=2',
      '/base/s?q=a+b&flag&q=c&env=shadow',
    ],
    ['a query that is not there', { query: { remove: ['a'] } }, '/s', '/base/s'],
    ['the last parameter', { query: { remove: ['a'] } }, '/s?a=1', '/base/s'],
  ])('%s', async (_what, options, target, url) => {
    const recorded = await received({ ...options, basePath: '/base' }, { target })

    expect(recorded.url).toBe(url)
    expect(headerOf(recorded, 'x-shadow-request')).toBe('1')
    expect(headerOf(recorded, 'x-shadow-experiment')).toBe('exp_test')
  })
})

describe('Host and X-Forwarded', () => {
  const headers = ['Host', 'shop.example', 'X-Forwarded-For', '203.0.113.5', 'X-Forwarded-Proto', 'https']

  test('as production got them, when nothing is said', async () => {
    const recorded = await received({}, { headers })

    expect(headerOf(recorded, 'host')).toBe('shop.example')
    expect(recorded.headers).toEqual(headers.slice(2))
  })

  test('append adds the captured client to the last list, and what is missing', async () => {
    const recorded = await received(
      { forwardedFor: 'append', host: 'rewrite' },
      { headers: [...headers, 'x-forwarded-for', '198.51.100.2'] },
    )

    expect(headerOf(recorded, 'host')).toBe(recorded.own)
    expect(recorded.headers).toEqual([
      ...['X-Forwarded-For', '203.0.113.5', 'X-Forwarded-Proto', 'https'],
      ...['x-forwarded-for', '198.51.100.2, 10.0.0.7', 'X-Forwarded-Host', 'shop.example'],
    ])
  })

  test('replace believes nothing of what came', async () => {
    const recorded = await received(
      { forwardedFor: 'replace' },
      { headers: [...headers, 'Forwarded', 'for=1.2.3.4'] },
    )

    expect(recorded.headers).toEqual([
      ...['X-Forwarded-For', '10.0.0.7', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'shop.example'],
    ])
  })
})

describe('regular expressions', () => {
  test.each([
    '(a+)+',
    '(a|a)*',
    '(?:a*b?)*c',
    '(x{2,})+',
    '((a+))+',
    '(a)\\1',
    '(?=a)b',
    '(?<!a)b',
    '([a-z]+)*$',
  ])('%s could run for ever', (pattern) => {
    expect(mayRunAway(pattern)).toBe(true)
  })
  test.each([
    '^/v1/([^/]+)/items/([^/]+)$',
    'a+b+',
    '(?:v1|v2)/',
    '[(+*]+x',
    '\\(a\\+\\)+',
    '(abc)+',
    '(?<id>\\d+)',
  ])('%s does not', (pattern) => {
    expect(mayRunAway(pattern)).toBe(false)
  })
})
