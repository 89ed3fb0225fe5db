import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newRecord } from '../../functions/experiments/phases.ts'
import { experimentId } from '../../functions/experiments/ulid.ts'
import { createRecord } from '../../functions/store/experiments.ts'
import { type ApiUnderTest, createTable, openApiAt, startDynamo } from '../support/api.ts'
import { apiConfig, someSpec, someSpecInput } from '../support/api-config.ts'

const config = apiConfig('api-test')
const spec = someSpecInput
const someId = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'

let dynamo: Awaited<ReturnType<typeof startDynamo>>
let api: ApiUnderTest
beforeAll(async () => {
  dynamo = await startDynamo()
  await createTable(dynamo.endpoint, config.table)
  api = openApiAt(dynamo.endpoint, config)
})
afterAll(async () => {
  api.close()
  await dynamo.close()
})

/** Experiments that nobody runs: what the API reads is in the table already. */
const store = async (count: number, from = Date.parse('2026-11-21T12:00:00Z')): Promise<string[]> => {
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const now = new Date(from + index * 1000)
    const id = experimentId(now.getTime(), randomBytes(10))
    await createRecord(api.surroundings.table, newRecord(someSpec, { id, by: 'test', now }))
    ids.push(id)
  }
  return ids
}

describe('problems', () => {
  it('an unknown address is 404 and says where to look', async () => {
    const { status, body } = await api.send({ path: '/nothing' })

    expect(status).toBe(404)
    expect(body).toMatchObject({
      type: 'urn:shadowmeter:problem:not-found',
      title: 'There is no such thing',
      instance: 'JKJaXmPLvHcESHA=',
    })
  })

  it.each([
    ['DELETE', '/experiments', 'POST, GET'],
    ['PUT', `/experiments/${someId}`, 'GET'],
    ['GET', '/plans', 'POST'],
    ['POST', '/healthz', 'GET'],
  ])('%s %s is 405 and allows %s', async (method, path, allow) => {
    const { status, headers } = await api.send({ method, path })

    expect(status).toBe(405)
    expect(headers.allow).toBe(allow)
  })

  it('a body that is not JSON is told so', async () => {
    const { status, body } = await api.send({ method: 'POST', path: '/plans', body: '{"name":' })

    expect(status).toBe(400)
    expect(body.errors).toEqual([{ path: 'body', message: expect.stringMatching(/^It is not JSON: /) }])
  })

  it('a body that says it is something else is refused', async () => {
    const headers = { 'content-type': 'text/plain' }
    const { status, body } = await api.send({ method: 'POST', path: '/plans', body: spec, headers })

    expect(status).toBe(400)
    expect(body.errors[0].path).toBe('header.content-type')
  })

  it('a body of more than 256 KB is 413, however it is encoded', async () => {
    const body = { ...spec, name: 'ä'.repeat(140_000) }

    expect((await api.send({ method: 'POST', path: '/plans', body })).status).toBe(413)
    expect((await api.send({ method: 'POST', path: '/plans', body, base64: true })).status).toBe(413)
  })

  it('every wrong field is named, with what would be right', async () => {
    const body = {
      ...spec,
      window: { durationSeconds: 5 },
      traffic: { ports: [8080, 0] },
      budget: 3,
      budgetUsd: undefined,
      source: { by: 'tag', match: 'all', tags: {} },
    }
    const { status, body: problem } = await api.send({ method: 'POST', path: '/plans', body })

    expect(status).toBe(400)
    expect(problem.errors).toEqual([
      { path: 'body.source.tags', message: 'name at least one tag' },
      { path: 'body.traffic.ports[1]', message: 'Too small: expected number to be >=1' },
      { path: 'body.window.durationSeconds', message: 'Too small: expected number to be >=20' },
      { path: 'body.budgetUsd', message: 'Required: number' },
      { path: 'body.budget', message: 'There is no such field' },
    ])
    expect(problem.detail).toContain('body.window.durationSeconds: Too small')
  })

  it('a create without a body, an end or a budget is refused', async () => {
    expect((await api.send({ method: 'POST', path: '/experiments' })).body.errors[0].path).toBe('body')
    for (const missing of ['window', 'budgetUsd']) {
      const body = { ...spec, [missing]: undefined }
      const answer = await api.send({ method: 'POST', path: '/experiments', body })
      expect(answer.status).toBe(400)
      expect(answer.body.errors).toEqual([
        { path: `body.${missing}`, message: expect.stringContaining('Required') },
      ])
    }
  })

  it('wrong ids and queries are named', async () => {
    const wrongId = await api.send({ path: '/experiments/run_1' })
    const wrongQuery = await api.send({ path: '/experiments', query: { maxResults: '1000', page: '2' } })
    const wrongEncoding = await api.send({ path: '/experiments/%E0%A4%A' })

    expect(wrongId.body.errors[0].path).toBe('params.id')
    expect(wrongQuery.body.errors).toEqual([
      { path: 'query.maxResults', message: 'Too big: expected number to be <=200' },
      { path: 'query.page', message: 'There is no such field' },
    ])
    expect(wrongEncoding.body.errors[0].path).toBe('params.id')
  })

  it.each(['GET /experiments/{id}', 'GET /experiments/{id}/meter', 'GET /experiments/{id}/ledger'])(
    '%s of an unknown experiment is 404',
    async (route) => {
      const [method = '', path = ''] = route.replace('{id}', someId).split(' ')

      expect((await api.send({ method, path })).status).toBe(404)
    },
  )

  it('stop and extend of an unknown experiment are 404', async () => {
    const stop = await api.send({ method: 'POST', path: `/experiments/${someId}/stop` })
    const extend = await api.send({
      method: 'POST',
      path: `/experiments/${someId}/extend`,
      body: { bySeconds: 60 },
    })

    expect([stop.status, extend.status]).toEqual([404, 404])
  })

  it('a service that does not answer is 503, and the log says which', async () => {
    const lost = openApiAt('http://127.0.0.1:9', config)
    const { status, headers, body } = await lost.send({ path: '/experiments' })
    lost.close()

    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('5')
    expect(body.type).toBe('urn:shadowmeter:problem:unavailable')
    expect(JSON.stringify(body)).not.toContain('127.0.0.1')
    expect(lost.logged).toHaveLength(1)
  })

  it('a failure of our own is 500 without internals', async () => {
    const broken = openApiAt(dynamo.endpoint, { ...config, table: 'no-such-table' })
    const { status, body } = await broken.send({ path: '/experiments' })
    broken.close()

    expect(status).toBe(500)
    expect(JSON.stringify(body)).not.toMatch(/table|Resource/i)
    expect(String(broken.logged[0]?.[2])).toContain('ResourceNotFoundException')
  })
})

describe('callers', () => {
  it('are refused without an authorizer where there is no anonymous one', async () => {
    const strict = openApiAt(dynamo.endpoint, config, { anonymous: null })
    const refused = await strict.send({ path: '/experiments' })
    const empty = await strict.send({ path: '/experiments', authorizer: {} })
    const signed = await strict.send({
      path: '/experiments',
      authorizer: { iam: { userArn: 'arn:aws:sts::123456789012:assumed-role/pipeline/build' } },
    })
    const signedIn = await strict.send({
      path: '/experiments',
      authorizer: { jwt: { claims: { sub: '248289761001', email: 'ada@example.com' }, scopes: null } },
    })
    strict.close()

    expect([refused.status, empty.status, signed.status, signedIn.status]).toEqual([401, 401, 200, 200])
  })

  it('from pages of other sites change nothing', async () => {
    const send = (site: string) =>
      api.send({
        method: 'POST',
        path: `/experiments/${someId}/stop`,
        headers: { 'sec-fetch-site': site },
      })

    expect((await send('cross-site')).status).toBe(403)
    expect((await send('same-site')).status).toBe(403)
    expect((await send('same-origin')).status).toBe(404)
  })
})

describe('health and document', () => {
  it('answer without touching anything', async () => {
    const lost = openApiAt('http://127.0.0.1:9', config, { anonymous: null })
    const health = await lost.send({ path: '/healthz' })
    const document = await lost.send({ path: '/openapi.json' })
    lost.close()

    expect(health).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(document.body.openapi).toBe('3.1.0')
    expect(document.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
  })
})

describe('reading', () => {
  it('lists the newest first, page by page, each experiment once', async () => {
    const ids = await store(5)
    const seen: string[] = []
    let nextToken: string | null = null
    do {
      const query: Record<string, string> = { maxResults: '2', ...(nextToken !== null && { nextToken }) }
      const { status, body } = await api.send({ path: '/experiments', query })
      expect(status).toBe(200)
      expect(body.experiments.length).toBeLessThanOrEqual(2)
      seen.push(...body.experiments.map(({ id }: { id: string }) => id))
      nextToken = body.nextToken
    } while (nextToken !== null)

    expect(seen).toEqual(ids.reverse())
  })

  it('refuses a token that no page gave', async () => {
    const { status, body } = await api.send({ path: '/experiments', query: { nextToken: 'bm9uc2Vuc2U*' } })

    expect(status).toBe(400)
    expect(body.errors[0].path).toBe('query.nextToken')
  })

  it('shows one experiment, its empty meter and its ledger of nothing', async () => {
    const [id = ''] = await store(1, Date.parse('2026-11-22T12:00:00Z'))
    const one = await api.send({ path: `/experiments/${id}` })
    const meter = await api.send({ path: `/experiments/${id}/meter` })
    const ledger = await api.send({ path: `/experiments/${id}/ledger` })

    expect(one.body).toMatchObject({ id, phase: 'scheduled', createdBy: 'test', version: 0 })
    expect(meter.body).toEqual({ points: [], nextToken: null })
    expect(ledger.body).toMatchObject({ rows: [] })
    expect(ledger.body.totalUsd).toBeLessThan(0.0001)
  })
})
