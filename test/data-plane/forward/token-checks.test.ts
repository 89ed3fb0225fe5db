import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { redacted } from '../../../contract/redaction.ts'
import { Experiment } from '../../../data-plane/experiment.ts'
import { ProductionKeys } from '../../../data-plane/forward/production-keys.ts'
import { missingSecrets, resolveShadows } from '../../../data-plane/forward/settings.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { EXPERIMENT, gatewayExperiment, loopbackConfig } from '../../support/gateway-experiment.ts'
import { headerOf, startRecordingShadow, until } from '../../support/recording-shadow.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const forgers = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const PEM = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const SHARED = 'of-the-shadow-alone-and-32-bytes-long'

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenBy = (key: KeyObject, alg: string, claims: object = {}, header: object = {}): string => {
  const input = `${encoded({ alg, ...header })}.${encoded({ sub: 'jane', ...claims })}`
  const hash = alg === 'EdDSA' ? null : 'sha256'
  return `${input}.${sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const hmac = (secret: string | Buffer): string => {
  const input = `${encoded({ alg: 'HS256' })}.${encoded({ sub: 'jane' })}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const credential = {
  by: 'jwt' as const,
  in: 'header' as const,
  name: 'Authorization',
  key: 'shadow/key',
  algorithm: 'HS256' as const,
  productionKey: 'shop/keys',
}
const environment = { SHADOWMETER_SECRET_SHADOW_KEY: SHARED, SHADOWMETER_SECRET_SHOP_KEYS: PEM }

test('at a shadow with its own key, a token that production has signed holds, a forged one does not, an expired one has expired', async () => {
  const holds = (token: string): boolean => {
    const [header, payload, signature] = token.split('.')
    return createHmac('sha256', SHARED).update(`${header}.${payload}`).digest('base64url') === signature
  }
  const shadow = await startRecordingShadow((_request, response, recorded) => {
    const [, token = ''] = /^Bearer (.*)$/.exec(headerOf(recorded, 'authorization') ?? '') ?? []
    const { exp = 0 } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    response.statusCode = holds(token) && exp > Date.now() / 1000 ? 200 : 401
    response.end()
  })
  const now = Date.now()
  const experiment = new Experiment(
    loopbackConfig(
      gatewayExperiment({
        id: EXPERIMENT,
        shadow: { url: shadow.url, credentials: [credential] },
        redaction: { settings: redacted(), key: Buffer.alloc(32, 1).toString('base64') },
        sources: [],
      }),
      environment,
    ),
    {},
  )
  cleanups.push(shadow.stop, () => experiment.stop(Date.now(), 0))
  const answered = async (token: string) => {
    const before = experiment.snapshot().requests.shadow
    experiment.onRequest(
      capturedRequest({ headers: ['Host', 'h', 'Authorization', `Bearer ${token}`], lastAt: Date.now() }),
    )
    const { answered_2xx: good, answered_4xx: bad } = before
    await until(() => {
      const { shadow: results } = experiment.snapshot().requests
      return results.answered_2xx + results.answered_4xx > good + bad
    })
    return experiment.snapshot().requests.shadow.answered_2xx > good ? 200 : 401
  }
  const exp = Math.floor(now / 1000) + 600

  const genuine = await answered(tokenBy(rsa.privateKey, 'RS256', { exp }))
  const forged = await answered(tokenBy(forgers.privateKey, 'RS256', { exp }))
  const expired = await answered(tokenBy(rsa.privateKey, 'RS256', { exp: exp - 1_200 }))

  expect({ genuine, forged, expired }).toEqual({ genuine: 200, forged: 401, expired: 401 })
})

const jwk = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more })
const SET = JSON.stringify({
  keys: [
    jwk(forgers.publicKey, { kid: 'old', alg: 'RS256' }),
    jwk(ec.publicKey, { kid: 'new' }),
    jwk(ed.publicKey),
  ],
})

test.each([
  ['RSA, of a PEM', PEM, tokenBy(rsa.privateKey, 'RS256')],
  ['RSA, of a PEM in one line', PEM.replaceAll('\n', '\\n'), tokenBy(rsa.privateKey, 'RS256')],
  ['a curve, of a set', SET, tokenBy(ec.privateKey, 'ES256', {}, { kid: 'new' })],
  ['Ed25519, of a set, unnamed', SET, tokenBy(ed.privateKey, 'EdDSA')],
  ['HMAC', SHARED, hmac(SHARED)],
])('what is signed by %s is production’s', (_, keys, token) => {
  expect(new ProductionKeys(keys).haveSigned(token)).toBe(true)
})

const [head = '', payload = '', signature = ''] = tokenBy(rsa.privateKey, 'RS256').split('.')
test.each([
  ['a token without a signature', PEM, `${encoded({ alg: 'none' })}.${payload}.`],
  ['a token signed by HMAC with the public key', PEM, hmac(PEM)],
  ['a token with other claims', PEM, `${head}.${encoded({ sub: 'root' })}.${signature}`],
  ['a token of a key by another name', SET, tokenBy(ec.privateKey, 'ES256', {}, { kid: 'old' })],
  ['a token of an algorithm nobody knows', PEM, `${encoded({ alg: 'constructor' })}.${payload}.${signature}`],
  [
    'a token with extensions that must be understood',
    PEM,
    tokenBy(rsa.privateKey, 'RS256', {}, { crit: ['x'] }),
  ],
  ['what is no token', PEM, 'eyJ.x.y'],
])('%s is nobody’s', (_, keys, token) => {
  expect(new ProductionKeys(keys).haveSigned(token)).toBe(false)
})

test.each(['', 'short', '{"keys":[]}', '{"kty":"RSA"}', '-----BEGIN PUBLIC KEY-----\nnone'])(
  'without a usable production key nothing is sent, and the variable is named: %j',
  (keys) => {
    const spec = { url: 'http://h', credentials: [credential] }
    const name = 'SHADOWMETER_SECRET_SHOP_KEYS'

    expect(missingSecrets(resolveShadows(spec, { ...environment, [name]: keys }))).toEqual([name])
  },
)
