import { describe, expect, test } from 'vitest'
import { endpointsOf } from '../../contract/openapi-document.ts'

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Articles', version: '1' },
  paths: {
    '/articles/{slug}': { get: {}, put: {}, parameters: [] },
    '/files/{name}.{ending}': { get: {} },
  },
}

const YAML = `
# by hand
openapi: 3.1.0
info: { title: Articles, version: '1' }
paths:
  /articles/{slug}:
    get: &read
      responses: {}
    put: *read
    parameters: []
  "/files/{name}.{ending}":
    get: *read
`

describe('an OpenAPI document', () => {
  test.each([
    ['JSON', JSON.stringify(DOCUMENT)],
    ['YAML', YAML],
  ])('in %s names the endpoints of its service', (_name, text) => {
    expect(endpointsOf(text)).toEqual(['GET /articles/{slug}', 'PUT /articles/{slug}'])
  })

  const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`/a${n}`, { get: {} }]))

  test.each([
    [
      'of another kind',
      'swagger: "2.0"\npaths: {}',
      'openapi: no OpenAPI document begins without its version',
    ],
    ['of an older version', 'openapi: 2.0.0\npaths: {}', 'openapi: OpenAPI 3 is read, not Swagger 2'],
    ['without paths', 'openapi: 3.0.3', 'paths: '],
    ['that is no YAML', 'openapi: "3.0.3\npaths: {', 'at line'],
    [
      'of too many endpoints',
      JSON.stringify({ ...DOCUMENT, paths: many }),
      'it names 201 endpoints, at most 200',
    ],
    ['that is too long', ' '.repeat(10_000_001), 'it has 10000001 characters'],
    [
      'whose aliases multiply',
      ['a: &a [x, x, x, x, x, x, x, x, x]']
        .concat(
          ...'bcdefghi'.split('').map((name, n) => `${name}: &${name} [${`*${'abcdefghi'[n]}, `.repeat(9)}]`),
        )
        .join('\n'),
      'alias',
    ],
  ])('%s is refused, with what is wrong', (_name, text, why) => {
    expect(() => endpointsOf(text)).toThrow(why)
  })
})
