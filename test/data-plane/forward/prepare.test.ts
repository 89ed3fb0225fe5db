import { describe, expect, test } from 'vitest'
import { forwarderTo, runForwarder, settingsOf, shadowThat } from '../../support/forwarding.ts'
import { headerOf, until } from '../../support/recording-shadow.ts'

describe('what the shadow receives', () => {
  test('headers keep order, case, repetition, commas and latin-1 bytes', async () => {
    const shadow = await shadowThat()
    const { submit } = forwarderTo(shadow.url)
    const headers = [
      ...['Host', 'shop.example', 'ACCEPT', 'text/html, */*;q=0.8', 'x-Mixed-CASE', 'a'],
      ...['Cookie', 'a=1', 'Cookie', 'b=2', 'X-Name', 'Jos\xe9 \xff', 'x-empty', '', 'X-Tab', 'a\tb'],
    ]

    submit({ target: '/a%20b?q=1,2&x=%C3%A9', headers })
    await until(() => shadow.requests.length === 1)

    expect(shadow.requests[0]).toMatchObject({ method: 'GET', url: '/a%20b?q=1,2&x=%C3%A9' })
    expect(shadow.requests[0]?.rawHeaders).toEqual([
      ...headers,
      ...['X-Shadow-Request', '1', 'X-Shadow-Experiment', 'exp_test'],
      ...['baggage', 'shadow-request=1,shadow-experiment=exp_test'],
    ])
  })

  test.each(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'PROPFIND', 'REPORT'])(
    '%s with a body arrives with its bytes',
    async (method) => {
      const shadow = await shadowThat()
      const { submit, counters } = forwarderTo(shadow.url)
      const body = Buffer.from(Array.from({ length: 5_000 }, (_, i) => i & 0xff))

      submit({ method, body, headers: ['Host', 'h', 'Content-Length', '5000'] })
      await until(() => counters.shadow.answered_2xx === 1)

      expect(shadow.requests.map(({ method, body }) => ({ method, body }))).toEqual([{ method, body }])
    },
  )

  test('hop-by-hop and framing headers are left out and counted', async () => {
    const shadow = await shadowThat()
    const { submit, tally } = forwarderTo(shadow.url)

    submit({
      method: 'POST',
      body: Buffer.from('hello'),
      trailers: ['X-Sum', '1'],
      headers: [
        ...['Host', 'h', 'Transfer-Encoding', 'chunked', 'Trailer', 'X-Sum', 'TE', 'trailers'],
        ...['Connection', 'keep-alive, X-Private', 'X-Private', 'secret', 'Keep-Alive', 'timeout=5'],
        ...['Expect', '100-continue', 'Proxy-Connection', 'close', 'X-Kept', 'yes'],
      ],
    })
    await until(() => shadow.requests.length === 1)

    const names = shadow.requests[0]?.rawHeaders.filter((_, i) => i % 2 === 0)
    expect(names).toEqual([
      ...['Host', 'X-Kept', 'X-Shadow-Request', 'X-Shadow-Experiment', 'baggage', 'Content-Length'],
    ])
    expect(tally.headerChanges).toMatchObject({
      ...{ connection: 1, expect: 1, 'keep-alive': 1, 'proxy-connection': 1, te: 1, trailer: 1 },
      ...{ 'transfer-encoding': 1, named_by_connection: 1, trailer_fields: 1 },
    })
  })

  test('marker headers of the client are replaced', async () => {
    const shadow = await shadowThat()
    const { submit } = forwarderTo(shadow.url)

    submit({ headers: ['Host', 'h', 'x-shadow-experiment', 'other'] })
    await until(() => shadow.requests.length === 1)

    const [recorded] = shadow.requests
    expect(recorded?.rawHeaders.filter((text) => /^x-shadow/i.test(text))).toEqual([
      'X-Shadow-Request',
      'X-Shadow-Experiment',
    ])
    expect(recorded && headerOf(recorded, 'x-shadow-experiment')).toBe('exp_test')
  })

  test('the state of a trace and its baggage say that it is shadow traffic, and no rule can take that away', async () => {
    const shadow = await shadowThat()
    const traced = [
      ...['Host', 'h', 'TraceParent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ...['tracestate', 'vendor=1', 'Baggage', 'user=7'],
    ]
    const { submit } = runForwarder(
      settingsOf({
        url: shadow.url,
        headers: {
          remove: ['baggage', 'tracestate', 'X-None'],
          set: [{ name: 'Tracestate', value: 'other=1' }],
        },
      }),
    )
    const kept = forwarderTo(shadow.url)

    submit({ headers: traced })
    await until(() => shadow.requests.length === 1)
    kept.submit({ headers: traced })
    await until(() => shadow.requests.length === 2)

    const tracing = shadow.requests.map(({ rawHeaders }) =>
      rawHeaders.filter((_, i) => /^(tracestate|baggage)$/i.test(rawHeaders[i - (i % 2)] ?? '')),
    )
    const ours = ['baggage', 'shadow-request=1,shadow-experiment=exp_test', 'tracestate', 'shadow=exp_test']
    expect(tracing[0]).toEqual(['Tracestate', 'other=1', ...ours])
    expect(tracing[1]).toEqual(['tracestate', 'vendor=1', 'Baggage', 'user=7', ...ours])
  })

  test('the base path stands before every path, and an absolute target gives path and Host', async () => {
    const shadow = await shadowThat()
    const { submit } = forwarderTo(`${shadow.url}/base/v2/`)

    submit({ target: '/cart?x=1' })
    submit({ target: 'http://www.example:81/list?y=2', headers: ['Host', 'other'] })
    submit({ target: 'http://www.example?z', headers: [] })
    await until(() => shadow.requests.length === 3)

    expect(shadow.requests.map((recorded) => [recorded.url, headerOf(recorded, 'host')]).sort()).toEqual([
      ['/base/v2/?z', 'www.example'],
      ['/base/v2/cart?x=1', 'shop.example'],
      ['/base/v2/list?y=2', 'www.example:81'],
    ])
  })

  test('what HTTP/1.1 cannot carry unchanged is held back, and the connections stay usable', async () => {
    const shadow = await shadowThat()
    const { submit, counters } = forwarderTo(shadow.url, { limits: { connections: 2 } })

    for (let i = 0; i < 5; i++) {
      submit({ headers: ['Host', 'a', 'host', 'b'] })
      submit({ headers: ['Host', 'a', 'X-Bell', '\x07'] })
      submit({ headers: ['Host', 'a', 'X Space', '1'] })
      submit({ method: 'OPTIONS', target: '*' })
      submit({ target: '/with space' })
      submit({ target: 'shop.example:443' })
      submit({ method: 'G E T' })
    }
    for (let i = 0; i < 5; i++) submit({ target: `/good/${i}` })
    await until(() => counters.shadow.answered_2xx === 5)

    expect(counters.refused['held_back.not_forwardable']).toBe(35)
    expect(shadow.requests.length).toBe(5)
  })
})
