import { createHash, createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { signerFor } from '../../cli/sign.ts'
import { localTokenFile } from '../../contract/local-token.ts'
import { removeToken, writeToken } from '../../local/token-file.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_SESSION_TOKEN: 'token',
}
const before = { ...process.env }
beforeEach(() => void Object.assign(process.env, CREDENTIALS))
afterEach(() => {
  process.env = { ...before }
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** The signature by the steps of the AWS documentation, from what was really sent. */
const expected = (method: string, url: URL, headers: Record<string, string>, body: string): string => {
  const [, day, region, service, names = ''] =
    /Credential=AKIDEXAMPLE\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+)/.exec(
      headers.authorization ?? '',
    ) ?? []
  const sent: Record<string, string> = { ...headers, host: url.host }
  const query = [...url.searchParams]
    .map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`)
    .sort()
  const canonical = [
    method,
    url.pathname,
    query.join('&'),
    ...names.split(';').map((name) => `${name}:${sent[name]}`),
    '',
    names,
    sha256(body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = [region, service, 'aws4_request'].reduce(
    (secret, part) => hmac(secret, part ?? ''),
    hmac(`AWS4${SECRET}`, day ?? ''),
  )
  return hmac(key, toSign).toString('hex')
}

test.each([
  ['https://a1b2c3.execute-api.eu-west-1.amazonaws.com/experiments', 'eu-west-1'],
  [
    'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/experiments?maxResults=2&nextToken=a%2Bb%3D',
    'eu-west-1',
  ],
  ['https://shadowmeter.example.com/api/experiments', 'ap-south-1'],
])('a request to %s is signed for API Gateway in its Region', async (address, region) => {
  const url = new URL(address)
  const body = '{"name":"Größe"}'
  const sign = signerFor(url, { AWS_REGION: 'ap-south-1' })
  const headers = await sign({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body })

  expect(headers.authorization).toContain(`/${region}/execute-api/aws4_request`)
  expect(headers.authorization).toMatch(/SignedHeaders=content-type;host;/)
  expect(headers['x-amz-security-token']).toBe('token')
  expect(headers.authorization).toContain(`Signature=${expected('POST', url, headers, body)}`)
})

test('a system on this machine gets no signature', async () => {
  const url = new URL('http://127.0.0.1:4700/api/experiments')
  const headers = { accept: 'application/json' }

  expect(await signerFor(url, {})({ method: 'GET', url, headers, body: undefined })).toEqual(headers)
})

test('changes of a system on this machine carry its token: the environment’s, else what it has left for its user', async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const url = new URL('http://127.0.0.1:4700/api/experiments')
  const change = async (environment: Record<string, string>) =>
    (await signerFor(url, { HOME: home, ...environment })({ method: 'POST', url, headers: {}, body: '{}' }))
      .authorization
  const before = await change({})
  writeToken(home, 4700, 'of-this-run')
  const { mode } = statSync(localTokenFile(home, 4700))
  const read = await signerFor(url, {})({ method: 'GET', url, headers: {}, body: undefined })
  const changed = [await change({}), await change({ SHADOWMETER_TOKEN: 'given' })]
  removeToken(home, 4700)

  expect(before).toBeUndefined()
  expect(mode & 0o777).toBe(0o600)
  expect(read).toEqual({})
  expect(changed).toEqual(['Bearer of-this-run', 'Bearer given'])
  expect(existsSync(localTokenFile(home, 4700))).toBe(false)
})
