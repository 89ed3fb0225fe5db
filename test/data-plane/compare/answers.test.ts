import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Answer, compareAnswers } from '../../../data-plane/compare/answers.ts'

const AT = Date.parse('2026-11-21T14:05:00.000Z')

const answer = (body: string | Buffer, headers: Record<string, string> = {}, status = 200): Answer => ({
  status,
  headers: Object.entries(headers).flat(),
  body: Buffer.from(body),
})
const json = (value: unknown, headers: Record<string, string> = {}): Answer =>
  answer(JSON.stringify(value), { 'Content-Type': 'application/json', ...headers })

/** As `kind path`, with `~` before those that only times, ids or signatures make. */
const found = (production: Answer, shadow: Answer): string[] =>
  compareAnswers(production, shadow, AT).map(
    ({ kind, path, shaped }) => `${shaped ? '~' : ''}${kind} ${path}`,
  )

describe('JSON', () => {
  test.each<[string, unknown, unknown, string[]]>([
    ['equal values', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    ['members in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
    ['another value', { a: { b: 1 } }, { a: { b: 2 } }, ['value $.a.b']],
    ['another type', { a: 1 }, { a: '1' }, ['type $.a']],
    ['null for a value', { a: 1 }, { a: null }, ['type $.a']],
    ['members one side lacks', { a: 1, b: 2 }, { a: 1, c: 2 }, ['missing $.b', 'extra $.c']],
    ['sums added in another order', { a: 0.1 + 0.2 }, { a: 0.3 }, []],
    ['a number that is another', { a: 1_000_000 }, { a: 1_000_001 }, ['value $.a']],
    [
      'elements found again by id',
      [
        { id: 1, n: 1 },
        { id: 2, n: 2 },
      ],
      [
        { id: 1, n: 1 },
        { id: 2, n: 3 },
      ],
      ['value $[*].n'],
    ],
    ['elements in another order', [{ id: 1 }, { id: 2 }], [{ id: 2 }, { id: 1 }], ['order $[*]']],
    ['an element less', [{ id: 1 }, { id: 2 }], [{ id: 1 }], ['missing $[*]']],
    ['an element more in front', ['a', 'b'], ['x', 'a', 'b'], ['extra $[*]']],
    ['texts in another order', ['a', 'b'], ['b', 'a'], ['order $[*]']],
    ['elements without a name, one changed', [[1], [2]], [[1], [3]], ['value $[*][*]']],
    [
      'a member called __proto__',
      JSON.parse('{"__proto__":1}'),
      JSON.parse('{"__proto__":2}'),
      ['value $.__proto__'],
    ],
    ['names that are numbers', { 17: { a: 1 } }, { 17: { a: 2 } }, ['value $.*.a']],
  ])('%s', (_name, production, shadow, differences) => {
    expect(found(json(production), json(shadow))).toEqual(differences)
  })

  test.each<[string, unknown, unknown, string[]]>([
    ['times of the same moment', '2026-11-21T14:05:00Z', '2026-11-21T14:05:01.5+00:00', ['~value $.v']],
    ['a time an hour off', '2026-11-21T14:05:00Z', '2026-11-21T15:05:00Z', ['value $.v']],
    ['seconds since 1970', AT / 1000, AT / 1000 + 2, ['~value $.v']],
    ['milliseconds since 1970', AT, AT + 900, ['~value $.v']],
    ['numbers as large that are no times', 4_000_000_000, 4_000_000_002, ['value $.v']],
    [
      'made-up ids',
      'cus-0b0e6f0a-5f8e-4c51-9d0b-9f8f5c7a1b22',
      'cus-7c9e6679-7425-40de-944b-e07fc1f90ae7',
      ['~value $.v'],
    ],
    ['trace ids', '4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7a3ce929d0e0e4736', ['~value $.v']],
    ['signatures', 'k3Jd8sLq0PzX2vN7mB5tQw', 'Zr9Ue1Yh6TgC4fA8oK2iSd', ['~value $.v']],
    ['a text around an id that is another', 'old 4bf92f3577b34da6', 'new 00f067aa0ba902b7', ['value $.v']],
    ['short ids that say something', 'SKU-0001', 'SKU-0002', ['value $.v']],
  ])('%s', (_name, production, shadow, differences) => {
    expect(found(json({ v: production }), json({ v: shadow }))).toEqual(differences)
  })

  test('a body that is no JSON on one side only cannot be read', () => {
    const headers = { 'Content-Type': 'application/json' }

    expect(found(json({ a: 1 }), answer('<html>', headers))).toEqual(['unreadable body'])
  })
})

describe('other bodies', () => {
  test.each<[string, string, string, string, string[]]>([
    ['forms by name', 'application/x-www-form-urlencoded', 'a=1&b=2', 'b=2&a=3', ['value form.a[*]']],
    ['text', 'text/plain; charset=utf-8', 'hello', 'goodbye', ['text body']],
    [
      'text with another time',
      'text/plain',
      'at 2026-11-21T14:05:00Z',
      'at 2026-11-21T14:05:02Z',
      ['~text body'],
    ],
    ['XML as text', 'application/soap+xml', '<a>1</a>', '<a>2</a>', ['text body']],
    ['anything else byte by byte', 'image/png', '\u0001', '\u0002', ['binary body']],
    [
      'multipart by part',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n2\r\n--x--',
      ['value parts[*].content'],
    ],
  ])('%s', (_name, type, production, shadow, differences) => {
    const headers = { 'Content-Type': type }

    expect(found(answer(production, headers), answer(shadow, headers))).toEqual(differences)
  })

  test.each<[string, (body: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
  ])('are compared without their coding: %s', (coding, compress) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': coding }
    const compressed = (value: unknown) => answer(compress(Buffer.from(JSON.stringify(value))), headers)

    expect(found(compressed({ a: 1 }), json({ a: 1 }))).toEqual([])
    expect(found(compressed({ a: 1 }), compressed({ a: 2 }))).toEqual(['value $.a'])
  })

  test('a coding nobody knows, or broken, cannot be read; one that swells is not followed', () => {
    const coded = (body: string | Buffer, coding: string) => answer(body, { 'Content-Encoding': coding })
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))

    expect(found(coded('a', 'rot13'), coded('b', 'rot13'))).toEqual(['unreadable body'])
    expect(found(coded('a', 'gzip'), coded('b', 'gzip'))).toEqual(['unreadable body'])
    expect(found(coded(bomb, 'gzip'), coded('b', 'identity'))).toEqual(['too_complex body'])
  })
})

describe('headers', () => {
  test.each<[string, Record<string, string>, Record<string, string>, string[]]>([
    [
      'of the connection, the server and traces say nothing',
      { Server: 'a/1', Date: 'x', 'X-Request-Id': '1' },
      { Server: 'a/2', Via: 'p' },
      [],
    ],
    ['one side lacks', { 'X-Total': '3' }, { Link: '</2>' }, ['header_missing x-total', 'header_extra link']],
    [
      'another value',
      { 'Cache-Control': 'no-store' },
      { 'cache-control': 'private' },
      ['header_value cache-control'],
    ],
    [
      'media types regardless of case and spaces',
      { 'Content-Type': 'Text/Plain;charset=UTF-8' },
      { 'content-type': 'text/plain; charset=utf-8' },
      [],
    ],
    [
      'another media type',
      { 'Content-Type': 'text/plain' },
      { 'Content-Type': 'text/html' },
      ['content_type content-type'],
    ],
    [
      'cookies by name and attributes, not value',
      { 'Set-Cookie': 's=abc; Path=/; HttpOnly' },
      { 'Set-Cookie': 's=xyz; Path=/; HttpOnly' },
      [],
    ],
    [
      'a cookie that lost an attribute',
      { 'Set-Cookie': 's=a; Path=/; HttpOnly' },
      { 'Set-Cookie': 's=a; Path=/' },
      ['header_value set-cookie'],
    ],
  ])('%s', (_name, production, shadow, differences) => {
    expect(found(answer('', production), answer('', shadow))).toEqual(differences)
  })
})

test('of answers with another status nothing else is compared', () => {
  expect(found(json({ a: 1 }), answer('no', {}, 422))).toEqual(['status 200>422'])
})
