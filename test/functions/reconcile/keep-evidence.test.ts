import { hash } from 'node:crypto'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { Evidence } from '../../../contract/evidence.ts'
import { ComparisonWriter } from '../../../data-plane/control/comparison-writer.ts'
import type { ControlPlane } from '../../../functions/reconcile/control-plane.ts'
import { listActive } from '../../../functions/store/experiments.ts'
import { openApiOver } from '../../support/api.ts'
import { evidenceBucket } from '../../support/aws-world.ts'
import {
  type Account,
  begin,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
  stop,
} from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const PATIENT = { timeout: 60_000 }

const keeping = (plane: ControlPlane, bucket: string | null = evidenceBucket): ControlPlane => ({
  ...plane,
  config: { ...plane.config, evidenceBucket: bucket },
})

/** One that was stopped before it began, and what it compared: it has ended at the next tick. */
const endOne = async (account: Account): Promise<string> => {
  const startAt = new Date(account.clock.now() + 86_400_000).toISOString()
  const id = await begin(account, experimentSpec({ window: { startAt, durationSeconds: 60 } }))
  await new ComparisonWriter(account.plane.table, 'task-1').write({
    [id]: comparisonOf(
      endpointTally(
        'GET /a',
        { '200>200': 70 },
        { differences: [{ kind: 'value', path: '$.views', count: 60 }] },
      ),
    ),
  })
  await stop(account, id)
  return id
}

const puts = async ({ cloud }: Account): Promise<(string | null)[]> => {
  const answer = await fetch(`${cloud.address}/-/calls?service=s3`)
  const { calls } = (await answer.json()) as { calls: { action: string; errorCode: string | null }[] }
  return calls.filter(({ action }) => action === 'PutObject').map(({ errorCode }) => errorCode)
}
const isActive = async ({ table }: ControlPlane, id: string) =>
  (await listActive(table)).some((one) => one.id === id)

describe('the evidence of an experiment that has ended', PATIENT, () => {
  it('is stored once in three formats with its schema, each as its checksum in the record says', async () => {
    const account = await openAccount()
    const plane = keeping(account.plane)
    const id = await begin(account, experimentSpec({ window: { durationSeconds: 30 } }))
    for (let ticks = 0; ticks < 40 && (await read(plane, id)).experiment.phase !== 'ended'; ticks++) {
      expect((await read(plane, id)).experiment.evidence).toBeNull()
      await pass(account, plane)
    }
    for (let again = 0; again < 3; again++) await pass(account, plane)

    const { experiment } = await read(plane, id)
    expect(experiment.outcome).toBe('completed')
    expect(experiment.evidence?.files.map(({ key }) => key)).toEqual(
      ['json', 'html', 'md', 'schema.json'].map((ending) => `evidence/${id}/evidence.${ending}`),
    )
    for (const { key, bytes, sha256 } of experiment.evidence?.files ?? []) {
      const got = await plane.clients.s3.send(
        new GetObjectCommand({ Bucket: evidenceBucket, Key: key, ChecksumMode: 'ENABLED' }),
      )
      const text = (await got.Body?.transformToString()) ?? ''
      expect([Buffer.byteLength(text), hash('sha256', text)]).toEqual([bytes, sha256])
      expect(Buffer.from(got.ChecksumSHA256 ?? '', 'base64').toString('hex')).toBe(sha256)
    }
    expect(await puts(account)).toEqual([null, null, null, null])
    expect(await isActive(plane, id)).toBe(false)
  })

  it('is tried again at each tick while S3 does not take it, and holds up no end', async () => {
    const account = await openAccount()
    const away = keeping(account.plane, 'gone')
    const id = await begin(account, experimentSpec({ window: { durationSeconds: 30 } }))
    for (let ticks = 0; ticks < 40 && (await read(away, id)).experiment.phase !== 'ended'; ticks++)
      await pass(account, away)
    const other = await begin(account, experimentSpec({ window: { durationSeconds: 600 } }))
    for (let ticks = 0; ticks < 10 && leftovers(account).sessions.length === 0; ticks++)
      await pass(account, away)

    expect(leftovers(account).sessions.length).toBeGreaterThan(0)
    expect((await read(away, other)).experiment.phase).not.toBe('scheduled')
    await stop(account, other)
    for (let ticks = 0; ticks < 40 && (await read(away, other)).experiment.phase !== 'ended'; ticks++)
      await pass(account, away)
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
    expect((await read(away, id)).experiment).toMatchObject({ outcome: 'completed', evidence: null })
    expect(new Set(await puts(account))).toEqual(new Set(['NoSuchBucket']))
    expect(account.lines.join('\n')).toMatch(/warn evidence could not be stored .*NoSuchBucket/)

    const back = keeping(account.plane)
    await pass(account, back)
    for (const one of [id, other]) {
      expect((await read(back, one)).experiment.evidence?.bucket).toBe(evidenceBucket)
      expect(await isActive(back, one)).toBe(false)
    }
  })

  it('is given up after a day, and said to be', async () => {
    const account = await openAccount()
    const away = keeping(account.plane, 'gone')
    const id = await endOne(account)
    await pass(account, away)
    const waiting = await isActive(away, id)
    await account.clock.advance(24 * 3_600_000)
    await pass(account, away)

    expect(waiting).toBe(true)
    expect(await isActive(away, id)).toBe(false)
    expect(account.lines.join('\n')).toMatch(/error evidence is not stored .*S3 did not take it for a day/)
  })

  it('is not stored without a bucket, which is said; the API makes it at each reading', async () => {
    const account = await openAccount()
    const id = await endOne(account)
    await pass(account)

    const { body } = await openApiOver(account.plane).send({ path: `/experiments/${id}/evidence` })

    expect((await read(account.plane, id)).experiment.evidence).toBeNull()
    expect(await puts(account)).toEqual([])
    expect(account.lines.join('\n')).toMatch(/info evidence is not stored .*no bucket is configured/)
    expect(Evidence.parse(body).createdAt).toBe(new Date(account.clock.now()).toISOString())
  })

  it('is what the API hands out from then on, in every format, until it cannot be read any more', async () => {
    const account = await openAccount()
    const plane = keeping(account.plane)
    const id = await endOne(account)
    await pass(account, plane)
    const api = openApiOver(plane)
    const { evidence } = (await read(plane, id)).experiment
    const shaOf = (format: string) => evidence?.files.find((one) => one.format === format)?.sha256

    const shown = (await api.send({ path: `/experiments/${id}` })).body
    const { body } = await api.send({ path: `/experiments/${id}/evidence` })
    const html = (await api.send({ path: `/experiments/${id}/evidence/html` })).body
    const markdown = (await api.send({ path: `/experiments/${id}/evidence/markdown` })).body

    expect(shown.evidence).toEqual(evidence)
    expect(body).toMatchObject({ createdAt: evidence?.at, verdict: { final: true } })
    expect(hash('sha256', JSON.stringify(body))).toBe(shaOf('json'))
    expect([html.sha256, markdown.sha256]).toEqual([shaOf('html'), shaOf('markdown')])
    for (const { text } of [html, markdown]) expect(text).toContain(shaOf('json'))

    // What is in the bucket now is not what was stored.
    account.cloud.objects.put(evidenceBucket, `evidence/${id}/evidence.json`, {
      body: Buffer.from('{}'),
      contentType: 'application/json',
      etag: '"0"',
      sha256: null,
      modifiedAt: 0,
    })
    const anew = (await api.send({ path: `/experiments/${id}/evidence` })).body
    const { endpoints, gaps, ledger, noise, audit } = body
    expect(anew).toMatchObject({ endpoints, gaps, noise, audit, ledger: { totalUsd: ledger.totalUsd } })
    expect(anew.createdAt).not.toBe(body.createdAt)
    expect(account.lines.join('\n')).toMatch(/warn stored evidence could not be read .*SHA-256/)
  })

  it('is stored anew when somebody decides about noise afterwards', async () => {
    const account = await openAccount()
    const plane = keeping(account.plane)
    const id = await endOne(account)
    await pass(account, plane)
    const before = (await read(plane, id)).experiment.evidence
    const api = openApiOver(plane)

    await api.send({
      method: 'POST',
      path: `/experiments/${id}/noise`,
      body: { endpoint: 'GET /a', kind: 'value', path: '$.views', decision: 'confirmed' },
    })
    const between = (await read(plane, id)).experiment.evidence
    for (let again = 0; again < 3; again++) await pass(account, plane)
    const after = (await read(plane, id)).experiment.evidence
    const { body } = await api.send({ path: `/experiments/${id}/evidence` })

    expect(between).toBeNull()
    expect(after?.at).not.toBe(before?.at)
    expect(body.createdAt).toBe(after?.at)
    expect(body.noise).toMatchObject([{ path: '$.views', decision: 'confirmed' }])
    expect(await puts(account)).toHaveLength(8)
    expect(await isActive(plane, id)).toBe(false)
  })
})
