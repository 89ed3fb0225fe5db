import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { PATH_LENGTH_MAX, queryOf, rulePath } from '../../../data-plane/select/path.ts'

test.each([
  ['/a/b?c=/d', '/a/b'],
  ['/a#b', '/a'],
  ['/', '/'],
  ['*', '*'],
  ['http://shop.example/a?b', '/a'],
  ['HTTPS://shop.example', '/'],
  ['http://shop.example?x', '/'],
  ['/%61dmin', '/admin'],
  ['/x/../admin', '/admin'],
  ['/x/%2e%2e/admin', '/admin'],
  ['/./admin/.', '/admin/'],
  ['//admin//x', '/admin/x'],
  ['/a%2Fb', '/a/b'],
  ['/../../x', '/x'],
  ['/..', '/'],
  ['/...', '/...'],
  ['/.well-known/x', '/.well-known/x'],
  ['/caf%C3%A9', '/café'],
  ['/caf\xc3\xa9', '/café'],
  ['/%2561', '/%61'],
])('the path of %s is %s', (target, path) => {
  expect(rulePath(target)).toBe(path)
})

test.each([
  ['/%'],
  ['/%4'],
  ['/%zz'],
  ['/%ff'],
  ['/caf\xe9'],
  ['/%00'],
  ['/a%0d%0ab'],
  [`/${'a'.repeat(PATH_LENGTH_MAX)}`],
])('%.20s has no one reading', (target) => {
  expect(rulePath(target)).toBeNull()
})

test('a long query does not make the path long', () => {
  expect(rulePath(`/a?${'x'.repeat(100_000)}`)).toBe('/a')
  expect(queryOf('/a?b=c#d')).toBe('b=c')
  expect(queryOf('/a')).toBe('')
})

test('whatever the target is, a path begins with a slash, has no dot segments and is its own path', () => {
  const target = fc.string({
    unit: fc.constantFrom('/', '.', '..', '%2e', '%2F', 'a', '%', '?', '#', '\xc3', '\xa9', '%00', ':', '*'),
    maxLength: 12,
  })
  fc.assert(
    fc.property(target, (text) => {
      const path = rulePath(`/${text}`)
      if (path === null) return
      expect(path).toMatch(/^\//)
      expect(path).not.toMatch(/\/\/|\/\.\.?(\/|$)/)
    }),
  )
})
