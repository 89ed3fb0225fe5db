import { describe, expect, test } from 'vitest'
import { capturedRequest } from '../../support/captured-request.ts'
import { selectorWith } from '../../support/selection.ts'

/** What made filters and samplers of other tools do something else than they say. */
describe('traps of samplers and filters', () => {
  const requests = Array.from({ length: 500 }, (_, i) =>
    capturedRequest({ target: `/orders/${i}`, firstAt: 1_795_000_000_000 + i * 7.3 }),
  )

  test('absent key in a sampler: at 0 % nothing without the key gets through, whatever the rule', () => {
    for (const absentKey of ['as-random', 'include', 'exclude'] as const) {
      const selector = selectorWith({ sampleBy: { key: 'header', name: 'X' }, absentKey }, { percent: 0 })
      expect(requests.every((request) => selector.refusal(request) !== null)).toBe(true)
    }
  })

  test('a whole address as a path pattern is refused, not a filter that drops everything', () => {
    expect(() => selectorWith({ allow: [{ paths: [{ regexp: '^orig.example' }] }] })).toThrow(/path alone/)
    expect(() => selectorWith({ allow: [{ paths: ['orig.example/*'] }] })).toThrow(/begins with/)
  })

  test('a filter by Authorization leaves out a request that has none', () => {
    const selector = selectorWith({ allow: [{ headers: [{ name: 'Authorization', values: ['Basic *'] }] }] })

    expect(selector.refusal(capturedRequest())).toBe('filtered.not_allowed')
    expect(selector.refusal(capturedRequest({ headers: ['authorization', 'Basic dTpw'] }))).toBeNull()
  })

  test('rules go on after a header that is absent', () => {
    const selector = selectorWith({
      deny: [{ headers: [{ name: 'X-Absent' }] }, { headers: [{ name: 'X-Debug' }] }],
    })

    expect(selector.refusal(capturedRequest({ headers: ['X-Debug', '1'] }))).toBe('filtered.denied')
  })

  test('consistent sampling stays consistent when many connections take turns', () => {
    const select = { sampleBy: { key: 'client-address' } } as const
    const [one, other] = [selectorWith(select, { percent: 50 }), selectorWith(select, { percent: 50 })]
    const of = (address: string) =>
      capturedRequest({
        connection: { ...capturedRequest().connection, client: { address, port: 1 } },
      })
    const addresses = Array.from({ length: 300 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
    const inOrder = addresses.map((address) => one.refusal(of(address)))
    const backwards = [...addresses].reverse().map((address) => other.refusal(of(address)))

    expect(backwards.reverse()).toEqual(inOrder)
  })
})
