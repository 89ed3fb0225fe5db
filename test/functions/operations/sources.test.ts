import { describe, expect, it } from 'vitest'
import { asked, open, PATIENT } from '../../support/api-account.ts'
import * as world from '../../support/aws-world.ts'
import { leftovers, NOTHING_LEFT } from '../../support/experiment-account.ts'

describe('sources', PATIENT, () => {
  it('are all the interfaces of the account, page by page, each with its verdict', async () => {
    const { api } = await open()
    const seen = new Map<string, string>()
    let nextToken: string | null = null
    do {
      const query: Record<string, string> = { maxResults: '7', ...(nextToken !== null && { nextToken }) }
      const { status, body: page } = await api.send({ path: '/sources', query })
      expect(status).toBe(200)
      for (const { eni, verdict } of page.sources) seen.set(eni, verdict)
      nextToken = page.nextToken
    } while (nextToken !== null)

    expect(seen.size).toBe(world.instances + 8)
    expect(seen.get(world.eni(1))).toBe('supported')
    expect(seen.get(world.lambdaEni)).toBe('unsupported')
  })

  it('are previewed before anything is planned: each interface with its verdict, or why it is left out', async () => {
    const { account, api } = await open()
    const source = {
      by: 'auto-scaling-group',
      names: ['checkout', 'nowhere'],
      exclude: { instances: [world.instance(3)] },
    }
    const { status, body: preview } = await api.send({
      method: 'POST',
      path: '/sources/preview',
      body: { source },
    })

    expect(status).toBe(200)
    expect(preview.enis).toHaveLength(world.instances)
    expect(preview.enis[0]).toMatchObject({ eni: world.eni(1), verdict: 'supported', excluded: null })
    expect(preview.enis[2].excluded).toBe(`The source excludes its instance, ${world.instance(3)}.`)
    expect(preview.missing).toEqual(['There is no Auto Scaling group nowhere.'])
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  })

  it('come page by page in a preview, each once, with how many there are in all', async () => {
    const { api } = await open()
    const source = { by: 'auto-scaling-group', names: ['checkout'], exclude: { enis: [world.eni(4)] } }
    const enis: string[] = []
    const found: unknown[] = []
    let nextToken: string | null = null
    do {
      const query: Record<string, string> = { maxResults: '5', ...(nextToken !== null && { nextToken }) }
      const { body: page } = await api.send({
        method: 'POST',
        path: '/sources/preview',
        query,
        body: { source },
      })
      enis.push(...page.enis.map(({ eni }: { eni: string }) => eni))
      found.push(page.found)
      nextToken = page.nextToken
    } while (nextToken !== null)

    expect(enis).toEqual(Array.from({ length: world.instances }, (_, n) => world.eni(n + 1)))
    expect(found).toEqual(
      Array(3).fill({ meant: world.instances - 1, supported: world.instances - 1, excluded: 1 }),
    )
  })

  it('of another account, or with a field that there is not, are refused', async () => {
    const { api } = await open()
    const preview = (source: object) =>
      api.send({ method: 'POST', path: '/sources/preview', body: { source } })
    const foreign = await preview({ by: 'eni', ids: [world.eni(1)], account: '999999999999' })
    const unknown = await preview({ by: 'eni', ids: [world.eni(1)], interfaces: 'all' })
    const kind = await preview({ by: 'asg', names: ['checkout'] })

    expect(foreign.status).toBe(400)
    expect(foreign.body.errors).toEqual([
      { path: 'body.source.account', message: expect.stringContaining('its own account, 111122223333') },
    ])
    expect(unknown.body.errors).toEqual([
      { path: 'body.source.interfaces', message: 'There is no such field' },
    ])
    expect(kind.body.errors[0].path).toBe('body.source.by')
    expect(kind.body.errors[0].message).toContain('auto-scaling-group')
  })

  it('refuse a token that no page gave', async () => {
    const { api } = await open()
    const listed = await api.send({ path: '/sources', query: { nextToken: 'x' } })
    const previewed = await api.send({
      method: 'POST',
      path: '/sources/preview',
      query: { nextToken: '%%' },
      body: { source: asked.source },
    })

    for (const { status, body: problem } of [listed, previewed]) {
      expect(status).toBe(400)
      expect(problem.errors[0].path).toBe('query.nextToken')
    }
  })
})
