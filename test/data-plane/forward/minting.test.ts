import { createHmac, generateKeyPairSync, sign, verify } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type Credential, ShadowTarget } from '../../../contract/forwarding.ts'
import { Redaction } from '../../../contract/redaction.ts'
import { Minting } from '../../../data-plane/forward/minting.ts'
import { missingSecrets, resolveShadows } from '../../../data-plane/forward/settings.ts'
import { Redactor } from '../../../data-plane/redact/redactor.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { forwarderWith, settingsOf } from '../../support/forwarding.ts'
import { headerOf, type Recorded, startRecordingShadow, until } from '../../support/recording-shadow.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const pem = { type: 'pkcs8', format: 'pem' } as const
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const SHARED = 'of-the-shadow-alone-and-32-bytes-long'
const SECRET = 'SHADOWMETER_SECRET_SHADOW_KEY'

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decoded = (part = ''): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
const claims = { iss: 'https://id.example', aud: 'shop', scope: 'orders:write', exp: 1_795_000_600 }
/** As production’s own key signs it. */
const production = (
  more: object = {},
  header: object = { alg: 'RS256', kid: 'of-production', jku: 'https://id.example/keys' },
) => {
  const input = `${encoded(header)}.${encoded({ ...claims, ...more })}`
  return `${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`
}

const shadowFor = async (credentials: Credential[], environment: Record<string, string>) => {
  const shadow = await startRecordingShadow()
  const made = forwarderWith(settingsOf({ url: shadow.url, credentials }, environment))
  cleanups.push(shadow.stop, () => made.forwarder.stop(0))
  return { shadow, ...made }
}

test.each<['HS256' | 'RS256' | 'ES256', string, (input: string, signature: Buffer) => boolean]>([
  [
    'HS256',
    `${SHARED}\n`,
    (input, signature) => createHmac('sha256', SHARED).update(input).digest().equals(signature),
  ],
  [
    'RS256',
    rsa.privateKey.export(pem).toString().replaceAll('\n', '\\n'),
    (input, signature) => verify('sha256', Buffer.from(input), rsa.publicKey, signature),
  ],
  [
    'ES256',
    ec.privateKey.export(pem).toString(),
    (input, signature) =>
      verify('sha256', Buffer.from(input), { key: ec.publicKey, dsaEncoding: 'ieee-p1363' }, signature),
  ],
])(
  '%s: a token holds under the shadow’s key, its claims are the pseudonyms of elsewhere',
  async (algorithm, key, holds) => {
    const credential: Credential = {
      by: 'jwt',
      in: 'header',
      name: 'authorization',
      key: 'shadow-key',
      algorithm,
      keyId: 'of-the-shadow',
    }
    const { shadow, forwarder } = await shadowFor([credential], { [SECRET]: key })
    const redactor = new Redactor({
      settings: Redaction.parse({}),
      key: Buffer.alloc(32, 1).toString('base64'),
    })
    const now = Math.floor(Date.now() / 1000)
    const token = production({
      exp: now + 600,
      iat: now,
      sub: '4711',
      email: 'jane@corp.example',
      phone_number: '+49 151 23456789',
    })
    const request = capturedRequest({
      method: 'POST',
      target: '/people/jane@corp.example',
      headers: ['Host', 'h', 'Authorization', `Bearer ${token}`, 'Content-Type', 'application/json'],
      body: Buffer.from('{"phone":"+4915123456789"}'),
      lastAt: Date.now(),
    })

    redactor.request(request)
    forwarder.submit(request)
    await until(() => shadow.requests.length === 1)

    const { url, body } = shadow.requests[0] as Recorded
    const [, header, payload, signature = ''] =
      /^Bearer ([^.]+)\.([^.]+)\.([^.]+)$/.exec(
        headerOf(shadow.requests[0] as Recorded, 'authorization') ?? '',
      ) ?? []
    expect(holds(`${header}.${payload}`, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(decoded(header)).toEqual({ alg: algorithm, kid: 'of-the-shadow' })
    const said = decoded(payload) as Record<string, unknown>
    expect(said).toMatchObject({ ...claims, exp: now + 600, iat: now })
    expect(url).toBe(`/people/${said.email}`)
    expect(said.email).not.toBe('jane@corp.example')
    expect(said.sub).toMatch(/^\d{4}$/)
    expect(said.sub).not.toBe('4711')
    expect(String(said.phone_number).replace(/\D/g, '')).toBe(
      JSON.parse(body.toString()).phone.replace(/\D/g, ''),
    )
  },
)

test('times of what was captured a while ago are moved on by as much, so that the token is as old as it was', () => {
  const settings = settingsOf(
    {
      url: 'http://h',
      credentials: [{ by: 'jwt', in: 'query', name: 'access_token', key: 'shadow-key', algorithm: 'HS256' }],
    },
    { [SECRET]: SHARED },
  )
  const capturedAt = claims.exp * 1000 - 300_000
  const minting = new Minting(settings.minted, () => capturedAt + 86_400_000)
  const prepared = {
    isHttp2: false,
    path: `/a?access_token=${production({ iat: claims.exp - 600 })}&b=1`,
    headers: [],
    size: 1,
  }

  const isDone = minting.apply(prepared, capturedAt)

  const [, payload] = /access_token=[^.]+\.([^.]+)\.[^&]+&b=1$/.exec(prepared.path) ?? []
  expect(isDone).toBe(true)
  expect(decoded(payload)).toEqual({ ...claims, iat: claims.exp - 600 + 86_400, exp: claims.exp + 86_400 })
})

test.each<[string, Credential, string[], string, string[], string]>([
  [
    'a header, its scheme kept',
    { by: 'secret', in: 'header', name: 'Authorization', secret: 'shadow-key' },
    ['authorization', 'Token of-the-user'],
    '/',
    ['authorization', 'Token of-the-shadow'],
    '/',
  ],
  [
    'a header that production had not',
    { by: 'secret', in: 'header', name: 'X-Api-Key', secret: 'shadow-key', when: 'always' },
    [],
    '/',
    ['X-Api-Key', 'of-the-shadow'],
    '/',
  ],
  [
    'no header where production had none',
    { by: 'secret', in: 'header', name: 'X-Api-Key', secret: 'shadow-key' },
    [],
    '/',
    [],
    '/',
  ],
  [
    'a cookie among others',
    { by: 'secret', in: 'cookie', name: 'sid', secret: 'shadow-key' },
    ['Cookie', 'theme=dark; sid=of-the-user; side=left'],
    '/',
    ['Cookie', 'theme=dark; sid=of-the-shadow; side=left'],
    '/',
  ],
  [
    'a cookie more',
    { by: 'secret', in: 'cookie', name: 'sid', secret: 'shadow-key', when: 'always' },
    ['Cookie', 'theme=dark'],
    '/',
    ['Cookie', 'theme=dark; sid=of-the-shadow'],
    '/',
  ],
  [
    'a parameter',
    { by: 'secret', in: 'query', name: 'key', secret: 'shadow-key' },
    [],
    '/a?x=1&key=of-the-user&keys=2',
    [],
    '/a?x=1&key=of-the-shadow&keys=2',
  ],
])(
  'the shadow gets its own secret as %s',
  async (_, credential, headers, target, expected, expectedTarget) => {
    const { shadow, submit } = await shadowFor([credential], { [SECRET]: 'of-the-shadow' })

    submit({ headers: ['Host', 'h', ...headers], target })
    await until(() => shadow.requests.length === 1)

    const { rawHeaders, url } = shadow.requests[0] as Recorded
    const seen = rawHeaders.filter((_name, i) =>
      /^(authorization|x-api-key|cookie)$/i.test(rawHeaders[i - (i % 2)] ?? ''),
    )
    expect(seen).toEqual(expected)
    expect(url).toBe(expectedTarget)
  },
)

test.each([
  ['HS256', 'short'],
  ['RS256', 'no PEM'],
  ['RS256', ec.privateKey.export(pem).toString()],
  ['ES256', rsa.privateKey.export(pem).toString()],
] as const)('without a usable key for %s nothing is sent', async (algorithm, key) => {
  const credentials: Credential[] = [
    { by: 'jwt', in: 'header', name: 'authorization', key: 'shadow-key', algorithm },
  ]
  const { shadow, submit, counters } = await shadowFor(credentials, { [SECRET]: key })

  submit({ headers: ['Host', 'h', 'authorization', `Bearer ${production()}`] })

  expect(counters).toMatchObject({ seen: 1, refused: { 'held_back.no_credentials': 1 } })
  expect(shadow.requests).toEqual([])
  expect(missingSecrets(resolveShadows({ url: shadow.url, credentials }, { [SECRET]: key }))).toEqual([
    SECRET,
  ])
})

test('who sends ever new tokens is held back before signing takes the processor; a known one costs nothing', () => {
  const { minted } = settingsOf(
    {
      url: 'http://h',
      credentials: [{ by: 'jwt', in: 'header', name: 'x-token', key: 'shadow-key', algorithm: 'RS256' }],
    },
    { [SECRET]: rsa.privateKey.export(pem).toString() },
  )
  const minting = new Minting(minted, () => 1_000_000)
  const apply = (token: string) =>
    minting.apply({ isHttp2: false, path: '/', headers: ['x-token', token], size: 1 }, 1_000_000)
  const tokens = Array.from({ length: 100 }, (_, n) => `${encoded({ alg: 'none' })}.${encoded({ sub: n })}.x`)

  const first = tokens.map(apply)
  const again = tokens.map(apply)

  expect(first.filter(Boolean).length).toBe(20)
  expect(again).toEqual(first)
})

test('no credential stands in place of what is the gateway’s own', () => {
  const withHeader = (name: string) =>
    ShadowTarget.safeParse({
      url: 'http://h',
      credentials: [{ by: 'secret', in: 'header', name, secret: 'a' }],
    }).success

  expect(withHeader('X-Api-Key')).toBe(true)
  for (const name of ['X-Shadow-Request', 'x-shadow-experiment', 'Host', 'Content-Length', 'a b', ''])
    expect(withHeader(name)).toBe(false)
})
