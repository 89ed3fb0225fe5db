import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { PROBLEMS, problemType } from '../../../contract/problem.ts'
import { openApiOver } from '../../support/api.ts'
import { recordsBucket } from '../../support/aws-world.ts'
import { openAccount, pass, read } from '../../support/experiment-account.ts'

type Described = {
  operationId: string
  parameters: { name: string; in: string; required: boolean }[]
  requestBody?: { content: { 'application/json': { examples?: Record<string, { value: unknown }> } } }
  responses: Record<string, unknown>
}
type Document = { paths: Record<string, Record<string, Described>> }

const RECORD = 'task-1.ndjson.gz'

/** What is made comes first, then whatever is read, then what ends it. */
const FIRST = ['planExperiment', 'createSchedule', 'createExperiment']
const LAST = [
  'deleteRecords',
  'pauseExperiment',
  'resumeExperiment',
  'extendExperiment',
  'approveExperiment',
  'stopExperiment',
  'killExperiment',
  'deleteEvidence',
  'changeSchedule',
  'deleteSchedule',
]
const place = ({ operationId }: Described): number =>
  FIRST.includes(operationId) ? FIRST.indexOf(operationId) - FIRST.length : LAST.indexOf(operationId) + 1

it('every operation of the API’s description does what it says, with every example that it shows', {
  timeout: 180_000,
}, async () => {
  const account = await openAccount()
  // A later end is what waits for a second person here.
  const config = { ...account.plane.config, recordsBucket, fourEyes: ['extending' as const] }
  const api = openApiOver({ ...account.plane, config })
  const second = { iam: { userArn: 'arn:aws:iam::111122223333:user/second' } }
  const { body: document } = await api.send({ path: '/openapi.json' })
  const operations = Object.entries((document as Document).paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, of]) => ({ method: method.toUpperCase(), path, of })),
    )
    .sort((a, b) => place(a.of) - place(b.of))
  const ids = { experiments: '', schedules: '' }

  for (const { method, path, of } of operations) {
    const content = of.requestBody?.content['application/json']
    const bodies = content ? Object.values(content.examples ?? {}).map(({ value }) => value) : [undefined]
    expect(bodies, `${of.operationId} has no example`).not.toEqual([])
    const [, collection = ''] = path.split('/')
    const id = ids[collection as keyof typeof ids]
    const asked = of.parameters.filter((one) => one.in === 'query' && one.required)
    const query = Object.fromEntries(asked.map(({ name }) => [name, `a ${name}`]))
    const target = path.replace('{id}', id).replace('{format}', 'markdown').replace('{name}', RECORD)
    // The first example starts now, and goes on to be read and changed: it comes last.
    for (const sent of bodies.reverse()) {
      const isApproval = of.operationId === 'approveExperiment'
      const { revision } = isApproval ? (await api.send({ path: `/experiments/${id}` })).body : {}
      const answer = await api.send({
        method,
        path: target,
        query,
        body: isApproval ? { ...(sent as object), ifRevision: revision } : sent,
        ...(isApproval && { authorizer: second }),
      })
      const [promised] = Object.keys(of.responses)
      expect([of.operationId, String(answer.status), answer.body]).toEqual([
        of.operationId,
        promised,
        expect.anything(),
      ])
      if (answer.status === 201) ids[collection as keyof typeof ids] = answer.body.id
    }
    if (of.operationId === 'createExperiment')
      account.cloud.objects.put(recordsBucket, `records/${ids.experiments}/${RECORD}`, {
        ...{ body: Buffer.from('packed'), contentType: 'application/gzip', etag: '""', sha256: null },
        modifiedAt: account.clock.now(),
      })
    if (of.operationId === 'createExperiment') for (let ticks = 0; ticks < 8; ticks++) await pass(account)
    // Evidence is deleted of what has ended.
    if (of.operationId === 'killExperiment')
      while ((await read(account.plane, id)).experiment.phase !== 'ended') await pass(account)
  }
  expect(ids).toEqual({
    experiments: expect.stringMatching(/^exp_/),
    schedules: expect.stringMatching(/^sch_/),
  })
})

it('the types of problems are documented', async () => {
  const readme = await readFile(new URL('../../../functions/README.md', import.meta.url), 'utf8')

  for (const [kind, { status }] of Object.entries(PROBLEMS))
    expect(readme).toContain(`| \`${problemType(kind as keyof typeof PROBLEMS)}\` | ${status} |`)
})
