import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { curlOf } from '../../contract/curl.ts'

const sampleOf = (request: Parameters<typeof curlOf>[0]['request']) => ({ request })

/** What a shell makes of the command: curl’s arguments. */
const argumentsOf = (command: string): string[] =>
  execFileSync('sh', ['-c', command.replace(/^curl/, 'printf "%s\\0"')])
    .toString()
    .split('\0')
    .slice(0, -1)

test('asks the shadow what production was asked, without what belongs to the connection', () => {
  const command = curlOf(
    sampleOf({
      method: 'POST',
      target: '/orders?dry=1',
      headers: ['Host', 'shop.example', 'Content-Length', '9', 'Content-Type', 'application/json'],
      body: '{"n":"it\'s"}',
    }),
    'http://10.0.9.12:8080/base/',
  )

  expect(argumentsOf(command ?? '')).toEqual([
    ...[
      '-i',
      '--compressed',
      '-X',
      'POST',
      '-H',
      'Host: shop.example',
      '-H',
      'Content-Type: application/json',
    ],
    ...['--data-binary', '{"n":"it\'s"}', 'http://10.0.9.12:8080/base/orders?dry=1'],
  ])
})

test('nothing of what clients send is read by the shell', () => {
  const hostile = fc.string({ maxLength: 60 }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(hostile, hostile, (header, body) => {
      const request = { method: 'POST', target: '/a', headers: ['X-A', header], body: `b${body}` }

      const given = argumentsOf(curlOf(sampleOf(request), 'http://h') ?? '')

      expect(given.slice(4)).toEqual(['-H', `X-A: ${header}`, '--data-binary', `b${body}`, 'http://h/a'])
    }),
    { numRuns: 50 },
  )
})

test('is none where the request was not kept', () => {
  expect(curlOf(sampleOf(null), 'http://h')).toBeNull()
  expect(curlOf(sampleOf({ method: 'PUT', target: '/a', headers: [], body: null }), 'http://h')).toBeNull()
})
