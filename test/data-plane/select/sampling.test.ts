import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SelectionInput } from '../../../contract/selection.ts'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { selectorWith } from '../../support/selection.ts'

const N = 20_000

/** A request of user `i`, whose key is in each of the places where it can be. */
const ofUser = (i: number, given: Partial<Request> = {}): Request =>
  capturedRequest({
    target: `/item?user=u%2D${i}&x=1`,
    firstAt: 1_795_000_000_000 + i * 0.013,
    headers: ['Host', 'h', 'X-User', `u-${i}`, 'Cookie', `theme=dark; user=u-${i}`],
    body: Buffer.from(JSON.stringify({ user: { id: i } })),
    connection: {
      id: 1,
      vni: 42,
      client: { address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, port: 50_000 },
      server: { address: '10.0.1.9', port: 8080 },
    },
    ...given,
  })

const KEYS: NonNullable<SelectionInput['sampleBy']>[] = [
  { key: 'request' },
  { key: 'client-address' },
  { key: 'connection' },
  { key: 'header', name: 'X-User' },
  { key: 'cookie', name: 'user' },
  { key: 'query', name: 'user' },
  { key: 'json', field: 'user.id' },
]

describe.each(KEYS)('a share by %j', (sampleBy) => {
  test.each([0, 0.5, 10, 33.3, 50, 99, 100])('of %f in 100 is within four standard deviations', (percent) => {
    const selector = selectorWith({ sampleBy }, { percent })
    let chosen = 0
    for (let i = 0; i < N; i++) if (selector.refusal(ofUser(i)) === null) chosen++

    const p = percent / 100
    expect(Math.abs(chosen - N * p)).toBeLessThanOrEqual(4 * Math.sqrt(N * p * (1 - p)))
  })

  test('contains every smaller one, and is the same after a restart and in another task', () => {
    fc.assert(
      fc.property(
        fc.nat(1 << 20),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (user, a, b) => {
          const isIn = (percent: number) =>
            selectorWith({ sampleBy }, { percent }).refusal(ofUser(user)) === null
          const [low, high] = [Math.min(a, b), Math.max(a, b)]
          expect(isIn(a)).toBe(isIn(a))
          if (isIn(low)) expect(isIn(high)).toBe(true)
        },
      ),
    )
  })
})

describe('a sticky share', () => {
  const sampleBy = { key: 'header', name: 'x-user' } as const

  test('decides a user’s requests together, whatever else differs', () => {
    const selector = selectorWith({ sampleBy }, { percent: 50 })
    const inShare = (user: number, n: number) =>
      selector.refusal(ofUser(user, { target: `/${n}`, firstAt: n, method: n % 2 ? 'GET' : 'HEAD' })) === null

    for (let user = 0; user < 200; user++)
      expect(new Set([0, 1, 2, 3].map((n) => inShare(user, n))).size).toBe(1)
  })

  test('is another one in another experiment', () => {
    const one = selectorWith({ sampleBy }, { percent: 50 }, 'one')
    const other = selectorWith({ sampleBy }, { percent: 50 }, 'other')
    let both = 0
    for (let i = 0; i < N; i++)
      if (one.refusal(ofUser(i)) === null && other.refusal(ofUser(i)) === null) both++

    expect(Math.abs(both - N / 4)).toBeLessThan(4 * Math.sqrt((N * 3) / 16))
  })

  test('is what it was in the release before: these users are in 10 %', () => {
    const selector = selectorWith({ sampleBy }, { percent: 10 })
    const users = Array.from({ length: 60 }, (_, i) => i).filter((i) => selector.refusal(ofUser(i)) === null)

    expect(users).toEqual([0, 6, 20, 51, 55])
  })
})

describe('without the key', () => {
  const by = (name: string) => ({ key: 'header', name }) as const
  const requests = Array.from({ length: 2_000 }, (_, i) => ofUser(i))
  const chosen = (select: SelectionInput, percent: number) => {
    const selector = selectorWith(select, { percent })
    return requests.filter((request) => selector.refusal(request) === null).length
  }

  test('a request is sampled as random unless said otherwise', () => {
    const share = chosen({ sampleBy: by('x-absent') }, 30) / requests.length

    expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / requests.length))
  })

  test('it is included or excluded where that is said', () => {
    expect(chosen({ sampleBy: by('x-absent'), absentKey: 'include' }, 1)).toBe(requests.length)
    expect(chosen({ sampleBy: by('x-absent'), absentKey: 'exclude' }, 100)).toBe(0)
    const excluding = selectorWith({ sampleBy: by('x-absent'), absentKey: 'exclude' })
    expect(excluding.refusal(ofUser(1))).toBe('sampled_out.absent_key')
    expect(excluding.rule).toBe('absentKey')
  })

  test.each<[string, NonNullable<SelectionInput['sampleBy']>, Partial<Request>]>([
    ['an empty header', by('x-user'), { headers: ['X-User', ''] }],
    ['no such cookie', { key: 'cookie', name: 'user' }, { headers: ['Cookie', 'xuser=1; theme=user'] }],
    ['an empty cookie', { key: 'cookie', name: 'user' }, { headers: ['Cookie', 'user='] }],
    ['no query', { key: 'query', name: 'user' }, { target: '/user=1' }],
    ['a parameter without a value', { key: 'query', name: 'user' }, { target: '/?user' }],
    ['no body', { key: 'json', field: 'user' }, { body: Buffer.alloc(0) }],
    ['no such field', { key: 'json', field: 'user.id' }, { body: Buffer.from('{"user":7}') }],
    ['a field that is an object', { key: 'json', field: 'user' }, { body: Buffer.from('{"user":{}}') }],
    ['an inherited field', { key: 'json', field: 'constructor.name' }, { body: Buffer.from('{}') }],
    ['null', { key: 'json', field: 'user' }, { body: Buffer.from('{"user":null}') }],
  ])('%s is an absent key', (_what, sampleBy, given) => {
    expect(selectorWith({ sampleBy, absentKey: 'exclude' }).refusal(ofUser(1, given))).toBe(
      'sampled_out.absent_key',
    )
  })

  test.each<[string, NonNullable<SelectionInput['sampleBy']>, Partial<Request>]>([
    ['a body that is not JSON', { key: 'json', field: 'user' }, { body: Buffer.from('user=1') }],
    [
      'a body that is not UTF-8',
      { key: 'json', field: 'u' },
      { body: Buffer.from('{"u":"\xe9"}', 'latin1') },
    ],
    ['a compressed body', { key: 'json', field: 'u' }, { headers: ['Content-Encoding', 'gzip'] }],
    ['a huge body', { key: 'json', field: 'u' }, { body: Buffer.alloc(1_100_000, '{}') }],
    ['a parameter with a broken encoding', { key: 'query', name: 'user' }, { target: '/?user=%zz' }],
    ['a parameter that is not UTF-8', { key: 'query', name: 'user' }, { target: '/?user=%ff' }],
  ])('%s fails closed, whatever is said about absent keys', (_what, sampleBy, given) => {
    for (const absentKey of ['as-random', 'include', 'exclude'] as const)
      expect(selectorWith({ sampleBy, absentKey }).refusal(ofUser(1, given))).toBe('filtered.undecidable')
  })
})

describe('a share above 100 %', () => {
  const sends = (percent: number, method: string) => {
    const selector = selectorWith({}, { percent })
    let sum = 0
    for (let i = 0; i < N; i++)
      if (selector.refusal(ofUser(i, { method })) === null) sum += 1 + selector.copies
    return sum
  }

  test('sends safe requests more than once, on average as often as asked', () => {
    expect(sends(300, 'GET')).toBe(3 * N)
    expect(Math.abs(sends(250, 'HEAD') - 2.5 * N)).toBeLessThan(4 * Math.sqrt(N / 4))
  })

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'PURGE'])('sends %s once', (method) => {
    expect(sends(1000, method)).toBe(N)
  })

  test('more is never less', () => {
    fc.assert(
      fc.property(
        fc.nat(N),
        fc.double({ min: 0, max: 1000, noNaN: true }),
        fc.double({ min: 0, max: 1000, noNaN: true }),
        (i, a, b) => {
          const of = (percent: number) => {
            const selector = selectorWith({}, { percent })
            return selector.refusal(ofUser(i)) === null ? 1 + selector.copies : 0
          }
          expect(of(Math.min(a, b))).toBeLessThanOrEqual(of(Math.max(a, b)))
        },
      ),
    )
  })
})

describe('a limit per second', () => {
  const at = (ms: number, given: Partial<Request> = {}) =>
    ofUser(ms, { lastAt: 1_795_000_000_000 + ms, ...given })

  test('lets so many through and says why the others are left out', () => {
    const selector = selectorWith({ perSecondMax: 50 })
    let through = 0
    for (let ms = 0; ms < 10_000; ms++) if (selector.refusal(at(ms)) === null) through++

    expect(through).toBeGreaterThanOrEqual(500)
    expect(through).toBeLessThanOrEqual(505)
    expect(selector.refusal(at(9_999))).toBe('sampled_out.rate_limit')
    expect(selector.rule).toBe('perSecondMax')
  })

  test('is divided among those who share it, and counts copies', () => {
    const selector = selectorWith({ perSecondMax: 100 }, { percent: 200, sharedBy: 4 })
    let sent = 0
    for (let ms = 0; ms < 10_000; ms++) if (selector.refusal(at(ms)) === null) sent += 1 + selector.copies

    expect(Math.abs(sent - 250)).toBeLessThanOrEqual(3)
  })
})
