import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { type Rules, refusal } from '../../../data-plane/select/rules.ts'
import { isSampled } from '../../../data-plane/select/sample.ts'
import { capturedRequest } from '../../support/captured-request.ts'

const all: Rules = { percent: 100, writes: 'forward' }
const safe: Rules = { percent: 100, writes: 'hold' }

const withHeader = (name: string, value: string, given: Partial<Request> = {}) =>
  capturedRequest({ headers: ['Host', 'h', name, value], ...given })

describe('rules', () => {
  test.each(['GET', 'HEAD', 'OPTIONS'])('%s is forwarded while writes are held back', (method) => {
    expect(refusal(capturedRequest({ method }), safe)).toBeNull()
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'PROPFIND', 'TRACE', 'get'])(
    '%s is held back unless writes are forwarded',
    (method) => {
      expect(refusal(capturedRequest({ method }), safe)).toBe('held_back.unsafe_method')
      expect(refusal(capturedRequest({ method }), all)).toBeNull()
    },
  )

  test.each(['X-Shadow-Request', 'x-shadow-request', 'X-SHADOW-REQUEST'])(
    'a request that carries %s was forwarded before',
    (name) => {
      expect(refusal(withHeader(name, '1'), all)).toBe('filtered.shadow_marker')
    },
  )

  test.each([
    'ELB-HealthChecker/2.0',
    'kube-probe/1.31',
    'Amazon-Route53-Health-Check-Service (ref 8f3b; report http://amzn.to/1vsZADi)',
    'Mozilla/5.0 (X11; Linux) HeadlessChrome/120 CloudWatchSynthetics/arn:aws:synthetics:eu-west-1:1:canary:x',
  ])('a health check is left out: %s', (agent) => {
    expect(refusal(withHeader('user-agent', agent), all)).toBe('filtered.health_check')
  })

  test('a user agent that only mentions a health check is a user', () => {
    expect(refusal(withHeader('User-Agent', 'curl/8 (not kube-probe/1)'), all)).toBeNull()
  })

  test('CONNECT and upgrades are held back, an offer of h2c is not', () => {
    expect(refusal(capturedRequest({ method: 'CONNECT', target: 'a:443', upgrade: 'a:443' }), all)).toBe(
      'held_back.connect',
    )
    expect(refusal(capturedRequest({ upgrade: 'websocket' }), all)).toBe('held_back.upgrade')
    expect(refusal(capturedRequest({ upgrade: 'h2c, websocket' }), all)).toBe('held_back.upgrade')
    expect(refusal(capturedRequest({ upgrade: 'h2c' }), all)).toBeNull()
  })
})

describe('sampling', () => {
  const requests = Array.from({ length: 20_000 }, (_, i) =>
    capturedRequest({ target: `/item/${i % 7}`, firstAt: 1_795_000_000_000 + i * 0.013 }),
  )

  test.each([0, 0.5, 10, 33.3, 50, 99, 100])('%f %% of many requests are sampled', (percent) => {
    const share = requests.filter((request) => isSampled(request, percent)).length / requests.length

    expect(Math.abs(share * 100 - percent)).toBeLessThan(percent % 100 === 0 ? 1e-9 : 1.2)
  })

  test('the answer depends on the request alone, and a larger share contains a smaller one', () => {
    fc.assert(
      fc.property(
        fc.nat(requests.length - 1),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (index, a, b) => {
          const request = requests[index] as Request
          const [low, high] = [Math.min(a, b), Math.max(a, b)]
          expect(isSampled(structuredClone(request), a)).toBe(isSampled(request, a))
          if (isSampled(request, low)) expect(isSampled(request, high)).toBe(true)
        },
      ),
    )
  })

  test('a share that is no number samples nothing', () => {
    expect(requests.some((request) => isSampled(request, Number.NaN))).toBe(false)
  })
})
