import { expect, test } from 'vitest'
import { Redaction } from '../../../contract/redaction.ts'
import { Redactor } from '../../../data-plane/redact/redactor.ts'
import { capturedRequest } from '../../support/captured-request.ts'

const redactor = new Redactor({ settings: Redaction.parse({ mode: 'mask' }), key: null })

const multipart = (body: string) =>
  capturedRequest({
    method: 'POST',
    target: '/batch',
    headers: ['Host', 'h', 'Content-Type', 'multipart/mixed; boundary=b'],
    body: Buffer.from(body),
  })

test.each([
  ['', '\r\n--b\r\n\r\nkept\r\n--b--\r\n', ''],
  ['for jane@corp.example', '\r\n--b\r\n\r\nkept\r\n--b--', ' token 4012888888881881\r\n'],
  ['password=abc\r\n', '\r\n--b\r\n\r\nkept', ''],
  ['', '--b\r\n\r\nkept\r\n--b', 'password=abc'],
])('what is in no part of a multipart body is left out: %j%j%j', (preamble, parts, epilogue) => {
  const request = multipart(preamble + parts + epilogue)

  redactor.request(request)

  const breaks = (text: string) => text.replace(/[^\r\n]/g, '')
  expect(request.body.toString()).toBe(breaks(preamble) + parts + breaks(epilogue))
})

test('requests of a batch are redacted as requests are, and so are the heads of its parts', () => {
  const inner = [
    'POST /people/jane@corp.example?api_key=9f8e7d6c5b4a HTTP/1.1',
    'Content-Type: application/json',
    'Authorization: Bearer',
    '  abcDEF123456ghi789',
    'Cookie: session=9f8e7d6c5b4a39281706; theme=dark',
    '',
    '{"password":"geheim"}',
  ]
  const head = ['Content-Type: application/http', 'X-Api-Key: 9f8e7d6c5b4a39281706', 'Content-ID: 1']
  const body = ['--b', ...head, '', ...inner, '--b--', ''].join('\r\n')
  const request = multipart(body)

  redactor.request(request)

  expect(request.body.toString().split('\r\n')).toEqual([
    '--b',
    'Content-Type: application/http',
    expect.stringMatching(/^X-Api-Key: (?!9f8e)\w{20}$/),
    'Content-ID: 1',
    '',
    expect.stringMatching(/^POST \/people\/(?!jane)[^?]+\?api_key=(?!9f8e)\w{12} HTTP\/1\.1$/),
    'Content-Type: application/json',
    expect.stringMatching(/^Authorization: Bearer (?!abc)\w{18}$/),
    expect.stringMatching(/^Cookie: session=(?!9f8e)\w{20}; theme=dark$/),
    '',
    '{"password":"xxxxxx"}',
    '--b--',
    '',
  ])
})

test('a batch whose requests cannot be read is held back', () => {
  const body =
    '--b\r\nContent-Type: application/http\r\n\r\nPUT /x HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n--b--\r\n'
  expect(redactor.request(multipart(body))).toBe(false)
})
