import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../../../contract/catalogue.ts'
import { openApi } from '../../../functions/http/openapi.ts'

type Json = { [key: string]: Json }

describe('the OpenAPI document', () => {
  const document = openApi('1.2.3') as unknown as Json

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(structuredClone(document))

    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('has every operation of the catalogue', () => {
    const ids = Object.values(document.paths!).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    )

    expect(ids.sort()).toEqual(Object.keys(catalogue).sort())
  })

  it('points at nothing that is not there', () => {
    const text = JSON.stringify(document)
    const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)

    expect(references).toContain('Experiment')
    expect(references).toContain('ExperimentSpecInput')
    for (const name of references) expect(document.components!.schemas).toHaveProperty(name!)
    expect(text).not.toContain('$defs')
  })

  it('lets a request leave out what has a default, and promises it in answers', () => {
    const { ExperimentSpec, ExperimentSpecInput } = document.components!.schemas!

    expect(ExperimentSpec!.required).toContain('requests')
    expect(ExperimentSpecInput!.required).not.toContain('requests')
  })

  it('tells page sizes, headers and problems', () => {
    const { get, post } = document.paths!['/experiments']! as Json

    expect(get!.parameters).toContainEqual({
      name: 'maxResults',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    })
    expect(post!.parameters).toContainEqual(
      expect.objectContaining({ name: 'Idempotency-Key', in: 'header' }),
    )
    expect(post!.responses!['201']!.headers).toHaveProperty('Location')
    expect(post!.responses!.default).toEqual({ $ref: '#/components/responses/Problem' })
  })
})
