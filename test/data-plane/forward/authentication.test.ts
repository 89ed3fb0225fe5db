import { createHash, createHmac } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type Authentication, ShadowSpec, secretVariable } from '../../../contract/forwarding.ts'
import { missingSecrets, resolveShadows } from '../../../data-plane/forward/settings.ts'
import { createSigner } from '../../../data-plane/forward/signer.ts'
import { forwarderWith, settingsOf } from '../../support/forwarding.ts'
import { headerOf, type Recorded, startRecordingShadow, until } from '../../support/recording-shadow.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const shadowFor = async (
  authentication: Authentication,
  environment: Record<string, string>,
  options: Parameters<typeof forwarderWith>[1] = {},
) => {
  const shadow = await startRecordingShadow()
  const made = forwarderWith(settingsOf({ url: shadow.url, authentication }, environment), options)
  cleanups.push(shadow.stop, () => made.forwarder.stop(0))
  return { shadow, ...made }
}

const ofUser = ['Host', 'h', 'authorization', 'Bearer of-the-user', 'X-Kept', '1']

test.each<[string, Authentication, string]>([
  [
    'basic',
    { by: 'basic', user: 'gateway', password: 'orders/shadow-password' },
    `Basic ${Buffer.from('gateway:pässword 1').toString('base64')}`,
  ],
  ['bearer', { by: 'bearer', token: 'orders.token' }, 'Bearer abc.def'],
])(
  '%s: the secret of the environment stands in place of the user’s',
  async (_what, authentication, expected) => {
    const { shadow, submit } = await shadowFor(authentication, {
      SHADOWMETER_SECRET_ORDERS_SHADOW_PASSWORD: 'pässword 1\n',
      SHADOWMETER_SECRET_ORDERS_TOKEN: 'abc.def',
    })

    submit({ headers: ofUser })
    await until(() => shadow.requests.length === 1)

    const { rawHeaders } = shadow.requests[0] as Recorded
    expect(rawHeaders.filter((text) => /^authorization$/i.test(text)).length).toBe(1)
    expect(headerOf(shadow.requests[0] as Recorded, 'authorization')).toBe(expected)
    expect(headerOf(shadow.requests[0] as Recorded, 'x-kept')).toBe('1')
  },
)

test.each([undefined, '', 'with\nline', 'not ascii ü'])(
  'without a usable secret (%j) nothing is sent',
  async (secret) => {
    const authentication: Authentication = { by: 'bearer', token: 'token' }
    const environment = { ...(secret !== undefined && { SHADOWMETER_SECRET_TOKEN: secret }) }
    const { shadow, submit, counters } = await shadowFor(authentication, environment)

    submit({ headers: ofUser })

    expect(counters).toMatchObject({ seen: 1, forwarded: 0, refused: { 'held_back.no_credentials': 1 } })
    expect(shadow.requests).toEqual([])
    expect(missingSecrets(resolveShadows({ url: shadow.url, authentication }, environment))).toEqual([
      'SHADOWMETER_SECRET_TOKEN',
    ])
  },
)

test('a spec reaches no other variable of the gateway', () => {
  const spec = (token: string) =>
    ShadowSpec.safeParse({ url: 'http://127.0.0.1', authentication: { by: 'bearer', token } })

  expect(secretVariable('AWS_SECRET_ACCESS_KEY')).toBe('SHADOWMETER_SECRET_AWS_SECRET_ACCESS_KEY')
  expect(spec('orders/token').success).toBe(true)
  for (const token of ['', '../x', 'a b', 'a=b', '$HOME']) expect(spec(token).success).toBe(false)
})

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG',
  sessionToken: 'tok/en==',
}
const NOW = new Date('2026-11-21T14:00:00Z')

test('SigV4: whoever knows the secret computes the same signature from what arrived', async () => {
  const sign = createSigner(
    { service: 'execute-api', region: 'eu-central-1' },
    async () => CREDENTIALS,
    () => NOW,
  )
  const authentication: Authentication = { by: 'sigv4', service: 'execute-api', region: 'eu-central-1' }
  const { shadow, submit, counters } = await shadowFor(authentication, {}, { sign })
  const requests = [
    { target: '/' },
    { target: '/items/a%20b?q=1%2C2&b=&a=z&a=y&flag&plus=a+b' },
    {
      target: '/list',
      method: 'POST',
      body: Buffer.from('{"name":"Jos\xe9"}'),
      headers: ['Host', 'a.example', 'Content-Type', 'application/json'],
    },
    {
      target: '/old',
      headers: [...ofUser, 'X-Amz-Security-Token', 'of-the-user', 'X-Amz-Date', '20200101T000000Z'],
    },
  ]

  for (const request of requests) submit(request)
  await until(() => counters.shadow.answered_2xx === requests.length)

  for (const recorded of shadow.requests) {
    expect(headerOf(recorded, 'authorization')).toBe(recomputed(recorded))
    expect(headerOf(recorded, 'x-amz-security-token')).toBe(CREDENTIALS.sessionToken)
    expect(headerOf(recorded, 'x-shadow-request')).toBe('1')
  }
})

/** As AWS describes it: "Create a signed AWS API request", IAM User Guide. */
const recomputed = (recorded: Recorded): string => {
  const signed = /SignedHeaders=([^,]+)/.exec(headerOf(recorded, 'authorization') ?? '')?.[1] ?? ''
  const [path = '', query = ''] = recorded.url.split('?')
  const sha = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const encoded = (text: string) =>
    encodeURIComponent(decodeURIComponent(text)).replace(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  const canonical = [
    recorded.method,
    path
      .split('/')
      .map((segment) => encodeURIComponent(segment))
      .join('/'),
    query === ''
      ? ''
      : query
          .split('&')
          .map((part) => part.split('='))
          .map(([name = '', value = '']) => `${encoded(name)}=${encoded(value)}`)
          .sort()
          .join('&'),
    ...signed.split(';').map((name) => `${name}:${headerOf(recorded, name)}`),
    '',
    signed,
    sha(recorded.body),
  ].join('\n')
  const scope = '20261121/eu-central-1/execute-api/aws4_request'
  const toSign = ['AWS4-HMAC-SHA256', '20261121T140000Z', scope, sha(canonical)].join('\n')
  const key = ['20261121', 'eu-central-1', 'execute-api', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${CREDENTIALS.secretAccessKey}`,
  )
  const signature = hmac(key, toSign).toString('hex')
  return `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`
}

test('without credentials for a signature nothing is sent, and what waits goes on', async () => {
  let calls = 0
  const sign = createSigner(
    { service: 'execute-api', region: 'eu-central-1' },
    async () => {
      if (++calls <= 2) throw new Error('no credentials')
      return CREDENTIALS
    },
    () => NOW,
  )
  const authentication: Authentication = { by: 'sigv4', service: 'execute-api', region: 'eu-central-1' }
  const { shadow, submit, counters } = await shadowFor(
    authentication,
    {},
    { sign, limits: { connections: 1 } },
  )

  for (let i = 0; i < 5; i++) submit({ target: `/${i}` })
  await until(() => counters.waiting === 0 && counters.inFlight === 0)

  expect(counters).toMatchObject({ seen: 5, forwarded: 3, refused: { 'held_back.no_credentials': 2 } })
  expect(shadow.requests.map(({ url }) => url)).toEqual(['/2', '/3', '/4'])
})
