import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  PATTERN_LENGTH_MAX,
  PatternError,
  parsePathGlob,
  parseRegexp,
  parseTextGlob,
} from '../../../contract/text-pattern.ts'
import { Automaton } from '../../../data-plane/select/automaton.ts'
import { anyPattern } from '../../../data-plane/select/text-test.ts'

const found = (source: string, text: string): boolean => new Automaton(parseRegexp(source)).test(text)

describe('regular expressions', () => {
  /** Sources of the supported kind, over few characters, so that texts often match; not deep, since JavaScript goes back. */
  const source = fc.letrec<{ choice: string; sequence: string; item: string; atom: string }>((tie) => ({
    choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('|')),
    sequence: fc.array(tie('item'), { maxLength: 4 }).map((parts) => parts.join('')),
    item: fc
      .tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,2}?', '{2,}', '*?'))
      .map(([atom, quantifier]) => atom + quantifier),
    atom: fc.oneof(
      { maxDepth: 1, withCrossShrink: true },
      fc.constantFrom('a', 'b', '/', '\\.', '.', '[ab]', '[^a]', '[a-c/]', '\\d', '\\w', '\\W', '\\x61', '-'),
      fc.tuple(fc.constantFrom('(', '(?:'), tie('choice')).map(([open, inner]) => `${open}${inner})`),
    ),
  })).choice
  const anchored = fc
    .tuple(fc.constantFrom('', '^'), source, fc.constantFrom('', '$'))
    .map(([start, middle, end]) => start + (start || end ? `(?:${middle})` : middle) + end)
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', 'c', '/', '.', '-', '1', 'é', '\n'),
    maxLength: 8,
  })

  test('say what JavaScript’s own say', () => {
    fc.assert(
      fc.property(anchored, fc.array(text, { minLength: 1, maxLength: 8 }), (pattern, texts) => {
        let automaton: Automaton
        try {
          automaton = new Automaton(parseRegexp(pattern))
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError)
          expect((error as Error).message).toMatch(/written out|at most|in each other/)
          return
        }
        const own = new RegExp(pattern)
        for (const each of texts) expect([each, automaton.test(each)]).toEqual([each, own.test(each)])
      }),
      { numRuns: 400 },
    )
  })

  test.each([
    ['^/v[0-9]+/', '/v12/x', true],
    ['^/v[0-9]+/', '/vx/x', false],
    ['^$', '', true],
    ['$^', '', true],
    ['$^', 'a', false],
    ['a^b', 'ab', false],
    ['(^a|b)c', 'xac', false],
    ['(^a|b)c', 'xbc', true],
    ['', 'anything', true],
    ['[^]', '\n', true],
    ['[]', 'a', false],
    ['\\u00e9', 'caf\u00e9', true],
    ['a{0}b', 'b', true],
  ])('/%s/ in %j: %s', (source, text, expected) => {
    expect(new RegExp(source).test(text)).toBe(expected)
    expect(found(source, text)).toBe(expected)
  })

  test.each([
    ['(?=a)', /not supported/],
    ['(?<=a)b', /not supported/],
    ['(?<name>a)', /not supported/],
    ['(a)\\1', /\\1 is not supported/],
    ['\\bword', /\\b is not supported/],
    ['\\p{L}', /\\p is not supported/],
    ['a{200}b{200}', /written out/],
    ['(((a{9}){9}){9})', /written out/],
    ['*a', /nothing to repeat/],
    ['^*', /nothing to repeat/],
    ['a{2,1}', /out of order/],
    ['[b-a]', /out of order/],
    ['[a', /without its \]/],
    ['(a', /without its \)/],
    ['a)', /without its \(/],
    ['a{', /write \\\{/],
    ['a\\', /nothing after/],
    ['a'.repeat(PATTERN_LENGTH_MAX + 1), /at most/],
    [`${'('.repeat(30)}a${')'.repeat(30)}`, /groups in each other/],
  ])('/%s/ is refused', (source, message) => {
    expect(() => parseRegexp(source)).toThrow(PatternError)
    expect(() => parseRegexp(source)).toThrow(message)
  })

  test.each(['(a+)+$', '(a|a)*$', '(a*)*b', 'a*a*a*a*a*a*b', '(a|b)*a(a|b){12}$', '(.*a){12}'])(
    '/%s/, which takes going back for ever, takes one pass',
    (source) => {
      const automaton = new Automaton(parseRegexp(source))
      const text = `${'ab'.repeat(2_000)}${'a'.repeat(4_000)}!`
      const started = process.cpuUsage().user

      automaton.test(text)

      expect((process.cpuUsage().user - started) / 1000).toBeLessThan(1_000)
    },
  )
})

describe('globs', () => {
  test.each([
    ['/orders', '/orders', true],
    ['/orders', '/orders/1', false],
    ['/orders/*', '/orders/1', true],
    ['/orders/*', '/orders/1/items', false],
    ['/orders/*/items', '/orders/1/items', true],
    ['/orders/**', '/orders', true],
    ['/orders/**', '/orders/', true],
    ['/orders/**', '/orders/1/items', true],
    ['/orders/**', '/orders-old', false],
    ['/**', '/anything/at/all', true],
    ['**', '*', true],
    ['**/health', '/a/b/health', true],
    ['/a/**/z', '/a/b/c/z', true],
    ['/a/**/z', '/a/z', false],
    ['/*.jpg', '/cat.jpg', true],
    ['/*.jpg', '/cat.jpgx', false],
    ['/a.b', '/axb', false],
    ['/(a|b)', '/a', false],
  ])('the path %s: %s %s', (glob, path, expected) => {
    expect(new Automaton(parsePathGlob(glob)).test(path)).toBe(expected)
    expect(anyPattern([glob], 'path')(path)).toBe(expected)
  })

  test.each([
    ['*.example', 'a.b.example', true],
    ['*.example', 'example', false],
    ['application/*', 'application/json', true],
    ['*', '', true],
    ['tenant-*', 'tenant-', true],
    ['tenant-*', 'my-tenant-1', false],
    ['a*b', 'a/x/b', true],
  ])('the text %s: %s %s', (glob, text, expected) => {
    expect(new Automaton(parseTextGlob(glob)).test(text)).toBe(expected)
    expect(anyPattern([glob], 'text')(text)).toBe(expected)
  })

  test('shortcuts say what the automaton says', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '/', '*', '.', 'b'), maxLength: 6 })
    fc.assert(
      fc.property(part, part, (rest, path) => {
        const glob = `/${rest}`
        expect(anyPattern([glob], 'path')(`/${path}`)).toBe(
          new Automaton(parsePathGlob(glob)).test(`/${path}`),
        )
        expect(anyPattern([glob], 'text')(`/${path}`)).toBe(
          new Automaton(parseTextGlob(glob)).test(`/${path}`),
        )
      }),
    )
  })
})
