import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { changesOf } from '../../cli/noise.ts'
import * as show from '../../cli/show.ts'
import { readSpec } from '../../cli/spec.ts'
import type { Reason } from '../../contract/verdict.ts'
import { serveApi } from '../support/api-server.ts'
import { shell } from '../support/cli.ts'
import { comparedExperiments } from '../support/compared-experiments.ts'
import { comparisonOf, endpointTally } from '../support/tallies.ts'

const { api, store } = comparedExperiments('cli-noise-test')

const differing = (endpoint: string) =>
  endpointTally(
    endpoint,
    { '200>200': 500 },
    {
      differences: [
        { kind: 'value', path: '$.views', count: 500 },
        { kind: 'value', path: `$.only["${endpoint}"]`, count: 400, controls: 100, shaped: 7 },
      ],
      controlled: 500,
    },
  )

/** A busy machine may need a while. */
const PATIENT = { timeout: 30_000 }

const folder = async () => {
  const made = await mkdtemp(join(tmpdir(), 'shadowmeter-'))
  onTestFinished(() => rm(made, { recursive: true }))
  return made
}

test('noise is listed, confirmed and rejected, and goes into the next spec', PATIENT, async () => {
  const id = await store(comparisonOf(differing('GET /a'), differing('GET /b')))
  const { url } = await serveApi(api())
  const file = join(await folder(), 'noise.json')

  const listed = await shell(url, 'noise', id)
  const decided = await shell(
    url,
    'noise',
    ...[id, '--json', '--reason', 'Counts readers.'],
    ...['--confirm', 'GET /a value $.views', '--reject', '$.only["GET /b"]'],
  )
  const verdict = await api().send({ path: `/experiments/${id}/verdict` })
  writeFileSync(file, decided.out)
  const spec = readSpec(
    undefined,
    { source: ['i-1'], port: ['80'], shadow: 'http://s', duration: '1m', budget: '1', noise: file },
    'next',
  )

  expect(listed.code).toBe(0)
  expect(listed.out).toContain(
    'GET /a value $.views  500 of 500 differ  0 of 500 by chance (the control)  learned',
  )
  expect(listed.out).toContain(
    '$.only["GET /b"]  400 of 500 differ  100 of 500 by chance (the control)  7 volatile',
  )
  const suspects = verdict.body.reasons.map(({ endpoint, path }: Reason) => `${endpoint} ${path}`)
  expect(suspects).not.toContain('GET /a $.views')
  expect(suspects).toContain('GET /b $.views')
  expect(show.verdict(verdict.body)).toMatch(/^ +1,000 {2}Compared$/m)
  expect(spec.verdict?.noise).toEqual([
    { endpoint: 'GET /a', kind: 'value', path: '$.views', decision: 'confirmed' },
    { endpoint: 'GET /b', kind: 'value', path: '$.only["GET /b"]', decision: 'rejected' },
  ])
})

test('a place that is none, or one of several, decides nothing and is named', PATIENT, async () => {
  const id = await store(comparisonOf(differing('GET /a'), differing('GET /b')))
  const { url } = await serveApi(api())

  const none = await shell(
    url,
    'noise',
    id,
    ...['--confirm', 'GET /a value $.views', '--reject', '$.nowhere'],
  )

  expect([none.code, none.err]).toEqual([2, expect.stringContaining("there is no place '$.nowhere'")])
  const { body } = await api().send({ path: `/experiments/${id}/noise` })

  expect(() => changesOf(body, { confirm: ['$.views'] })).toThrow(
    "2 places are called '$.views': GET /a value $.views; GET /b value $.views",
  )
  expect(body.places.map(({ decision }: { decision: string }) => decision)).toEqual(Array(4).fill('learned'))
})
