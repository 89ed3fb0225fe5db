import { expect, test } from 'vitest'
import { Evidence } from '../../contract/evidence.ts'
import { serveApi } from '../support/api-server.ts'
import { shell } from '../support/cli.ts'
import { comparedExperiments } from '../support/compared-experiments.ts'
import { comparisonOf, endpointTally } from '../support/tallies.ts'

const { api, store } = comparedExperiments('cli-evidence-test')

test('evidence is printed in every format, and its schema', async () => {
  const id = await store(comparisonOf(endpointTally('GET /a', { '200>200': 70 })))
  const { url } = await serveApi(api())
  const printed = async (...format: string[]) => (await shell(url, 'evidence', id, ...format)).out

  const [markdown, html, json, schema] = await Promise.all([
    printed(),
    printed('--format', 'html'),
    printed('--format', 'json'),
    printed('--format', 'schema'),
  ])

  expect(markdown).toMatch(/^# Pass: Checkout$/m)
  expect(html).toMatch(/^<!doctype html>/)
  expect(Evidence.parse(JSON.parse(json)).experiment.id).toBe(id)
  expect(JSON.parse(schema)).toMatchObject({ $id: 'urn:shadowmeter:evidence:2' })
  expect((await shell(url, 'evidence', id, '--format', 'pdf')).err).toContain(
    "markdown, html, json or schema, not 'pdf'",
  )
})
