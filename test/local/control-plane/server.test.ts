import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConsole } from '../../../local/control-plane/console-files.ts'
import { createControlPlane } from '../../../local/control-plane/server.ts'
import { Token } from '../../../local/control-plane/token.ts'

let server: Server
let port: number
let folder: string
let last: APIGatewayProxyEventV2 | null = null
const invocations: unknown[] = []
const logged: string[] = []
const TOKEN = 'of-this-run'
const bearer = { authorization: `Bearer ${TOKEN}` }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Console</title>')
  await writeFile(join(folder, 'assets', 'main-abc.js'), 'export {}')
  server = createControlPlane({
    console: await readConsole(folder),
    token: new Token(TOKEN, 4700),
    invokePath: '/told-to-the-scheduler',
    log: (line) => logged.push(line),
    functions: {
      tick: async (event) => {
        invocations.push(event)
        if ((event as { fail?: boolean }).fail) throw new TypeError('no')
        return { ok: true }
      },
    },
    api: async (event) => {
      last = event
      if (event.rawPath === '/broken') throw new Error('broken')
      return { statusCode: 201, headers: { 'content-type': 'application/json' }, body: '{"made":true}' }
    },
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
})

afterAll(async () => {
  server.close().closeAllConnections()
  await rm(folder, { recursive: true })
})

type Reply = { status: number; headers: Record<string, string | string[] | undefined>; text: string }

/** With full control of Host and Origin, which fetch does not give. */
const ask = (
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, method, path, headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
    })
    call.on('error', reject)
    call.end(body)
  })

describe('the address of the local control plane', () => {
  test('gives the API its requests as API Gateway does, without the prefix', async () => {
    const reply = await ask(
      'POST',
      '/api/experiments/exp_1/stop?a=1&a=2&b=%C3%A9',
      { ...bearer, 'content-type': 'application/json', 'X-Thing': 'Value', cookie: 'a=b; c=d' },
      '{"reason":"Zoë"}',
    )

    expect([reply.status, reply.text]).toEqual([201, '{"made":true}'])
    expect(last).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/experiments/exp_1/stop',
      rawQueryString: 'a=1&a=2&b=%C3%A9',
      queryStringParameters: { a: '1,2', b: 'é' },
      cookies: ['a=b', 'c=d'],
      body: '{"reason":"Zoë"}',
      isBase64Encoded: false,
      requestContext: {
        http: {
          method: 'POST',
          path: '/experiments/exp_1/stop',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
        },
        stage: '$default',
      },
    })
    expect(last?.headers).toMatchObject({ 'x-thing': 'Value', 'content-type': 'application/json' })
    expect(last?.headers.cookie).toBeUndefined()
  })

  test('hands bytes that are no text on in base64', async () => {
    await ask(
      'POST',
      '/api/x',
      { ...bearer, 'content-type': 'application/octet-stream' },
      Buffer.from([0, 255]),
    )

    expect(last).toMatchObject({ body: 'AP8=', isBase64Encoded: true })
  })

  test.each([
    ['GET', '/api/experiments', { host: 'evil.example' }],
    ['GET', '/', { host: 'evil.example' }],
    ['GET', '/', { host: '127.0.0.1.evil.example' }],
    ['POST', '/api/experiments', { origin: 'https://evil.example' }],
    ['POST', '/api/experiments', { origin: 'null' }],
    [
      'POST',
      '/told-to-the-scheduler/2015-03-31/functions/tick/invocations',
      { origin: 'http://evil.example' },
    ],
  ])('refuses %s %s with %j', async (method, path, headers) => {
    const reply = await ask(method, path, { ...bearer, ...headers })

    expect(reply.status).toBe(403)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(JSON.parse(reply.text)).toMatchObject({ type: 'urn:shadowmeter:problem:forbidden', status: 403 })
  })

  test('takes changes from its own page', async () => {
    const origin = `http://localhost:${port}`

    expect((await ask('POST', '/api/x', { ...bearer, host: `localhost:${port}`, origin }, '{}')).status).toBe(
      201,
    )
  })

  test.each([
    ['without a token', {}],
    ['with another one', { authorization: 'Bearer of-another-run' }],
    ['with another one’s cookie', { cookie: 'shadowmeter-4700=of-another-run' }],
    ['with the cookie of a system on another port', { cookie: `shadowmeter-4701=${TOKEN}` }],
    ['with the token as a password', { authorization: `Basic ${TOKEN}` }],
  ])('is read by anybody on this machine, and changed by nobody %s', async (_, headers) => {
    const changes = await Promise.all(
      ['POST', 'PUT', 'PATCH', 'DELETE'].map((method) => ask(method, '/api/experiments', headers)),
    )
    const invoked = await ask('POST', '/2015-03-31/functions/tick/invocations', headers, '{}')
    const read = await ask('GET', '/api/experiments', headers)

    expect(changes.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    expect(JSON.parse(changes[0]?.text ?? '').detail).toContain('token')
    expect(invoked.status).toBe(405)
    expect(read.status).toBe(201)
  })

  test('gives a page that was opened with the token a cookie for its own site alone', async () => {
    const opened = await ask('GET', `/?token=${TOKEN}`)
    const cookie = String(opened.headers['set-cookie'])
    const changed = await ask('POST', '/api/x', { cookie: cookie.split(';')[0] ?? '' }, '{}')
    const wrong = await ask('GET', '/?token=of-another-run')
    const away = await ask('GET', `//evil.example/?token=${TOKEN}`)

    expect([opened.status, opened.headers.location, opened.text]).toEqual([303, '/', ''])
    expect(cookie).toBe(`shadowmeter-4700=${TOKEN}; Path=/; HttpOnly; SameSite=Strict`)
    expect(changed.status).toBe(201)
    expect([wrong.status, wrong.headers['set-cookie']]).toEqual([303, undefined])
    expect(away.headers.location).toBe('/')
  })

  test('does not read bodies without end', async () => {
    const reply = await ask('POST', '/api/x', bearer, Buffer.alloc(1024 * 1024 + 1))

    expect([reply.status, JSON.parse(reply.text).type]).toEqual([413, 'urn:shadowmeter:problem:too-large'])
  })

  test('answers with a problem when the function fails', async () => {
    const reply = await ask('GET', '/api/broken')

    expect([reply.status, JSON.parse(reply.text).type]).toEqual([500, 'urn:shadowmeter:problem:internal'])
    expect(logged.at(-1)).toMatch(/^control plane: Error: broken/)
  })

  test('serves the console, and its page for every address that is no file', async () => {
    const [page, route, script, missing] = await Promise.all(
      ['/', '/experiments/exp_1', '/assets/main-abc.js', '/assets/other.js'].map((path) => ask('GET', path)),
    )

    expect(page?.text).toContain('<title>Console</title>')
    expect(page?.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    })
    expect(page?.headers['content-security-policy']).toContain("script-src 'self';")
    expect(route?.text).toBe(page?.text)
    expect(script?.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect(missing?.status).toBe(404)
    expect((await ask('GET', '/', { 'if-none-match': String(page?.headers.etag) })).status).toBe(304)
  })

  test.each(['/../package.json', '/..%2fpackage.json', '//etc/passwd', '/assets/../../secret.txt'])(
    'has no file outside the console: %s',
    async (path) => {
      const reply = await ask('GET', path)

      expect(reply.status === 404 || reply.text.includes('<title>Console</title>')).toBe(true)
    },
  )

  test('invokes functions for the scheduler, at once or waiting for the answer', async () => {
    const invoke = (name: string, type: string, body: string) =>
      ask(
        'POST',
        `/told-to-the-scheduler/2015-03-31/functions/${name}/invocations`,
        { 'x-amz-invocation-type': type },
        body,
      )

    const event = await invoke('tick', 'Event', '{"kind":"tick"}')
    const answered = await invoke('tick', 'RequestResponse', '{}')
    const failed = await invoke('tick', 'RequestResponse', '{"fail":true}')
    const unknown = await invoke('tock', 'Event', '{}')

    expect([event.status, event.text]).toEqual([202, ''])
    expect(invocations[0]).toEqual({ kind: 'tick' })
    expect([answered.status, answered.text]).toEqual([200, '{"ok":true}'])
    expect([failed.status, failed.headers['x-amz-function-error']]).toEqual([200, 'Unhandled'])
    expect(JSON.parse(failed.text)).toEqual({ errorType: 'TypeError', errorMessage: 'no' })
    expect([unknown.status, unknown.headers['x-amzn-errortype']]).toEqual([404, 'ResourceNotFoundException'])
  })
})
