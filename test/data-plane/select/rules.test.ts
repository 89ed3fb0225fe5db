import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RequestMatch, type SelectionInput } from '../../../contract/selection.ts'
import type { RequestReason } from '../../../contract/traffic.ts'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { selectorWith } from '../../support/selection.ts'

const all = selectorWith()
const safe = selectorWith({}, { writes: 'hold' })

const withHeader = (name: string, value: string, given: Partial<Request> = {}) =>
  capturedRequest({ headers: ['Host', 'h', name, value], ...given })

describe('rules', () => {
  test.each(['GET', 'HEAD', 'OPTIONS'])('%s is forwarded while writes are held back', (method) => {
    expect(safe.refusal(capturedRequest({ method }))).toBeNull()
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'PROPFIND', 'TRACE', 'get'])(
    '%s is held back unless writes are forwarded',
    (method) => {
      expect(safe.refusal(capturedRequest({ method }))).toBe('held_back.unsafe_method')
      expect(all.refusal(capturedRequest({ method }))).toBeNull()
    },
  )

  test.each(['X-Shadow-Request', 'x-shadow-request', 'X-SHADOW-REQUEST'])(
    'a request that carries %s was forwarded before',
    (name) => {
      expect(all.refusal(withHeader(name, '1'))).toBe('filtered.shadow_marker')
    },
  )

  test('a request that a shadow made because of one that was forwarded is known by its baggage', () => {
    const made = (baggage: string) => all.refusal(withHeader('Baggage', baggage))

    expect(made('user=7,shadow-request=1,shadow-experiment=exp_1')).toBe('filtered.shadow_marker')
    expect(made('user=7')).toBeNull()
  })

  test.each([
    'ELB-HealthChecker/2.0',
    'kube-probe/1.31',
    'Amazon-Route53-Health-Check-Service (ref 8f3b; report http://amzn.to/1vsZADi)',
    'Mozilla/5.0 (X11; Linux) HeadlessChrome/120 CloudWatchSynthetics/arn:aws:synthetics:eu-west-1:1:canary:x',
  ])('a health check is left out unless it is included: %s', (agent) => {
    expect(all.refusal(withHeader('user-agent', agent))).toBe('filtered.health_check')
    expect(selectorWith({ healthCheckers: 'include' }).refusal(withHeader('user-agent', agent))).toBeNull()
  })

  test('a user agent that only mentions a health check is a user', () => {
    expect(all.refusal(withHeader('User-Agent', 'curl/8 (not kube-probe/1)'))).toBeNull()
  })

  test('CONNECT and upgrades are held back, an offer of h2c is not', () => {
    expect(all.refusal(capturedRequest({ method: 'CONNECT', target: 'a:443', upgrade: 'a:443' }))).toBe(
      'held_back.connect',
    )
    expect(all.refusal(capturedRequest({ upgrade: 'websocket' }))).toBe('held_back.upgrade')
    expect(all.refusal(capturedRequest({ upgrade: 'h2c, websocket' }))).toBe('held_back.upgrade')
    expect(all.refusal(capturedRequest({ upgrade: 'h2c' }))).toBeNull()
  })
})

const json = (body: string, type = 'application/json; charset=utf-8') =>
  withHeader('Content-Type', type, { method: 'POST', body: Buffer.from(body), bodyLength: body.length })

type Row = [
  what: string,
  select: SelectionInput,
  request: Request,
  reason: RequestReason | null,
  rule: string,
]

describe('allow and deny', () => {
  const admin = { deny: [{ paths: ['/admin/**'] }] }
  const orders = { allow: [{ methods: ['GET'], paths: ['/orders', { regexp: '^/v[0-9]+/orders' }] }] }
  const tenant = { allow: [{ headers: [{ name: 'X-Tenant', values: ['acme', 'beta-*'] }] }] }
  const get = (target: string, given: Partial<Request> = {}) => capturedRequest({ target, ...given })

  test.each<Row>([
    ['nothing asked', {}, get('/'), null, 'no rule'],
    ['a denied path', admin, get('/admin/users?x=1'), 'filtered.denied', 'deny[0]'],
    ['beside a denied path', admin, get('/administration'), null, 'no rule'],
    ['a denied path, encoded', admin, get('/%61dmin/users'), 'filtered.denied', 'deny[0]'],
    ['a denied path, by a detour', admin, get('/x/../admin/users'), 'filtered.denied', 'deny[0]'],
    ['a path with a broken encoding', admin, get('/%zz'), 'filtered.undecidable', 'deny[0]'],
    ['a path that is too long', admin, get(`/${'a'.repeat(5_000)}`), 'filtered.undecidable', 'deny[0]'],
    ['an allowed path', orders, get('/orders?page=2'), null, 'allow[0]'],
    ['an allowed path by a regexp', orders, get('/v2/orders/7'), null, 'allow[0]'],
    ['another path', orders, get('/users'), 'filtered.not_allowed', 'allow'],
    ['another method', orders, get('/orders', { method: 'HEAD' }), 'filtered.not_allowed', 'allow'],
    ['an unreadable path', orders, get('/%'), 'filtered.undecidable', 'allow[0]'],
    [
      'an unreadable path that is allowed by its method',
      { allow: [{ paths: ['/x'] }, { methods: ['GET'] }] },
      get('/%'),
      null,
      'allow[1]',
    ],
    [
      'an unreadable path of a method that the rule is not about',
      { deny: [{ methods: ['POST'], paths: ['/x'] }] },
      get('/%'),
      null,
      'no rule',
    ],
    [
      'both allowed and denied: deny wins',
      { allow: [{ paths: ['/a/**'] }], deny: [{ paths: ['/a/b'] }] },
      get('/a/b'),
      'filtered.denied',
      'deny[0]',
    ],
    ['a header', tenant, withHeader('x-tenant', 'beta-7'), null, 'allow[0]'],
    ['another value', tenant, withHeader('x-tenant', 'gamma'), 'filtered.not_allowed', 'allow'],
    ['no such header', tenant, get('/'), 'filtered.not_allowed', 'allow'],
    [
      'an over-long value',
      tenant,
      withHeader('X-Tenant', 'a'.repeat(9_000)),
      'filtered.undecidable',
      'allow[0]',
    ],
    [
      'one of several values',
      tenant,
      capturedRequest({ headers: ['x-tenant', 'gamma', 'X-Tenant', 'acme'] }),
      null,
      'allow[0]',
    ],
    [
      'a header that is there',
      { deny: [{ headers: [{ name: 'x-debug' }] }] },
      withHeader('X-Debug', ''),
      'filtered.denied',
      'deny[0]',
    ],
    [
      'a host',
      { allow: [{ hosts: ['*.example'] }] },
      withHeader('Host', 'Shop.Example:8080', { headers: ['Host', 'Shop.Example:8080'] }),
      null,
      'allow[0]',
    ],
    [
      'a host in the target',
      { allow: [{ hosts: ['a.example'] }] },
      get('http://u@a.example:80/x'),
      null,
      'allow[0]',
    ],
    [
      'two hosts',
      { allow: [{ hosts: ['a'] }] },
      capturedRequest({ headers: ['Host', 'a', 'Host', 'b'] }),
      'filtered.undecidable',
      'allow[0]',
    ],
    [
      'no host',
      { allow: [{ hosts: ['*'] }] },
      capturedRequest({ headers: [], host: null }),
      'filtered.not_allowed',
      'allow',
    ],
    ['a content type', { allow: [{ contentTypes: ['application/json'] }] }, json('{}'), null, 'allow[0]'],
    ['another content type', { deny: [{ contentTypes: ['multipart/*'] }] }, json('{}'), null, 'no rule'],
    ['no content type', { allow: [{ contentTypes: ['*'] }] }, get('/'), 'filtered.not_allowed', 'allow'],
    [
      'two content types',
      { deny: [{ contentTypes: ['text/*'] }] },
      capturedRequest({ headers: ['content-type', 'a/b', 'Content-Type', 'c/d'] }),
      'filtered.undecidable',
      'deny[0]',
    ],
    ['a small body', { deny: [{ bodyBytes: { min: 3 } }] }, json('{}'), null, 'no rule'],
    ['a large body', { deny: [{ bodyBytes: { min: 3 } }] }, json('{ }'), 'filtered.denied', 'deny[0]'],
    ['a body within', { allow: [{ bodyBytes: { min: 1, max: 2 } }] }, json('{}'), null, 'allow[0]'],
    ['no body', { allow: [{ bodyBytes: { min: 1 } }] }, get('/'), 'filtered.not_allowed', 'allow'],
  ])('%s', (_what, select, request, reason, rule) => {
    const selector = selectorWith(select)

    expect([selector.refusal(request), selector.rule]).toEqual([reason, rule])
  })

  test('deny wins whatever is allowed, and nothing that is not allowed gets through', () => {
    const segment = fc.constantFrom('a', 'b', '%61', '..', '*', '**')
    const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `/${segments.join('/')}`)
    const rule = fc.record({ paths: fc.array(path, { minLength: 1, maxLength: 2 }) })
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 3 }),
        fc.array(rule, { maxLength: 3 }),
        path,
        (allow, deny, target) => {
          const request = capturedRequest({ target })
          const denied = selectorWith({ deny }).refusal(request) !== null
          const allowed = selectorWith({ allow }).refusal(request) === null

          expect(selectorWith({ allow, deny }).refusal(request) === null).toBe(allowed && !denied)
        },
      ),
    )
  })

  test.each<[string, object, RegExp]>([
    ['nothing', {}, /at least one condition/],
    ['a path without a slash', { paths: ['orders/*'] }, /begins with \//],
    ['a path with a query', { paths: ['/orders?x=1'] }, /no query/],
    ['a whole address as a path', { paths: [{ regexp: '^shop.example/' }] }, /path alone/],
    ['looking around', { paths: [{ regexp: '(?!/x)' }] }, /not supported/],
    ['no header name', { headers: [{ name: 'a b' }] }, /header name/],
    ['an empty list', { methods: [] }, /./],
    ['sizes out of order', { bodyBytes: { min: 3, max: 2 } }, /min is above max/],
    ['a word that is none', { path: ['/x'] }, /path/],
  ])('a rule of %s is refused', (_what, match, message) => {
    expect(RequestMatch.safeParse(match).error?.message).toMatch(message)
  })
})
