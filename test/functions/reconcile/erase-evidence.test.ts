import { describe, expect, it } from 'vitest'
import { comparisonsOf } from '../../../contract/table.ts'
import { ComparisonWriter } from '../../../data-plane/control/comparison-writer.ts'
import type { ControlPlane } from '../../../functions/reconcile/control-plane.ts'
import { listActive } from '../../../functions/store/experiments.ts'
import { readNoise } from '../../../functions/store/noise.ts'
import { queryAll } from '../../../functions/store/table.ts'
import { openApiOver } from '../../support/api.ts'
import { evidenceBucket, recordsBucket } from '../../support/aws-world.ts'
import { type Account, begin, openAccount, pass, read, stop } from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { putRecord, recording } from '../../support/records.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const PATIENT = { timeout: 60_000 }
const DAY_MS = 86_400_000

const keeping = (plane: ControlPlane, change: Partial<ControlPlane['config']> = {}): ControlPlane => ({
  ...plane,
  config: { ...plane.config, evidenceBucket, ...change },
})

/** One that compared something, and has ended. */
const endOne = async (account: Account, plane: ControlPlane, requests = {}): Promise<string> => {
  const startAt = new Date(account.clock.now() + DAY_MS).toISOString()
  const id = await begin(account, experimentSpec({ window: { startAt, durationSeconds: 60 }, requests }))
  const differences = [{ kind: 'value' as const, path: '$.views', count: 60 }]
  await new ComparisonWriter(plane.table, 'task-1').write({
    [id]: comparisonOf(endpointTally('GET /a', { '200>200': 70 }, { differences })),
  })
  await stop(account, id)
  await pass(account, plane)
  return id
}

const versions = ({ cloud }: Account, id: string) => cloud.objects.versions(evidenceBucket, `evidence/${id}/`)
const isActive = async ({ table }: ControlPlane, id: string) =>
  (await listActive(table)).some((one) => one.id === id)

const recorded = ({ cloud }: Account) => cloud.objects.versions(recordsBucket, '').map(({ key }) => key)

const PAGES = ['evidence', 'evidence/html', 'verdict', 'comparison', 'noise']

describe('the evidence of an ended experiment', PATIENT, () => {
  it('is shown to nobody once an admin deletes it, and is gone with every version at the next tick', async () => {
    const account = await openAccount()
    const plane = keeping(account.plane)
    const id = await endOne(account, plane)
    const other = await endOne(account, plane)
    const api = openApiOver(plane)
    const place = { endpoint: 'GET /a', kind: 'value', path: '$.views' }
    await api.send({
      method: 'POST',
      path: `/experiments/${id}/noise`,
      body: { ...place, decision: 'confirmed' },
    })
    await pass(account, plane)
    expect(versions(account, id)).toHaveLength(8)

    const remove = { method: 'DELETE', path: `/experiments/${id}/evidence`, query: { reason: 'Asked to.' } }
    const { status, body } = await api.send(remove)
    const shown = await Promise.all(PAGES.map((page) => api.send({ path: `/experiments/${id}/${page}` })))
    await pass(account, plane)
    const again = await api.send(remove)
    await pass(account, plane)

    expect([status, again.status]).toEqual([202, 202])
    expect(body.evidenceDeletion).toMatchObject({ by: 'local', reason: 'Asked to.', doneAt: null })
    for (const one of shown) {
      expect(one.status).toBe(410)
      expect(one.body.detail).toMatch(
        new RegExp(`^The evidence of ${id} was deleted at .* by local: Asked to\\.$`),
      )
    }
    const { experiment } = await read(plane, id)
    expect(experiment).toMatchObject({
      evidence: null,
      evidenceDeletion: { by: 'local', doneAt: expect.any(String) },
    })
    expect(versions(account, id)).toEqual([])
    expect(await queryAll(plane.table, comparisonsOf(id))).toEqual([])
    expect(await readNoise(plane.table, id)).toEqual([])
    expect(await isActive(plane, id)).toBe(false)
    expect(versions(account, other)).toHaveLength(4)
    const { entries } = (await api.send({ path: `/experiments/${id}/audit` })).body
    const told = entries.filter(({ what }: { what: string }) => what === 'evidence deleted')
    expect(told).toMatchObject([{ who: 'local', why: 'Asked to.' }])
    expect((await api.send({ path: `/experiments/${id}/ledger` })).status).toBe(200)
  })

  it('is not deleted before the end, nor without a reason', async () => {
    const account = await openAccount()
    const plane = keeping(account.plane)
    const id = await begin(account, experimentSpec())
    const api = openApiOver(plane)
    const path = `/experiments/${id}/evidence`

    const early = await api.send({ method: 'DELETE', path, query: { reason: 'Too much.' } })
    const silent = await api.send({ method: 'DELETE', path })

    expect([early.status, silent.status]).toEqual([409, 400])
    expect(early.body.detail).toContain('once the experiment has ended')
    expect((await read(plane, id)).experiment.evidenceDeletion).toBeNull()
  })

  it('is deleted when it has been kept for its days, and not before', async () => {
    const account = await openAccount()
    const plane = keeping(account.plane, { evidenceDays: 3 })
    const id = await endOne(account, plane)

    await account.clock.advance(2 * DAY_MS)
    for (let again = 0; again < 3; again++) await pass(account, plane)
    const before = versions(account, id).length
    await account.clock.advance(DAY_MS)
    for (let again = 0; again < 3; again++) await pass(account, plane)

    expect(before).toBe(4)
    expect(versions(account, id)).toEqual([])
    expect((await read(plane, id)).experiment.evidenceDeletion).toMatchObject({
      by: 'shadowmeter',
      reason: 'It is kept for 3 days after the end.',
      doneAt: expect.any(String),
    })
    expect(await isActive(plane, id)).toBe(false)
  })

  it('takes with it what the experiment recorded, whoever deletes it, and nothing of another', async () => {
    const account = await openAccount()
    const plane = recording(keeping(account.plane, { evidenceDays: 3 }))
    const id = await endOne(account, plane)
    const other = await endOne(account, plane)
    for (const name of ['task-1.ndjson.gz', 'task-2.ndjson.gz']) await putRecord(account, id, name)
    await putRecord(account, other, 'task-1.ndjson.gz')
    const api = openApiOver(plane)

    await api.send({ method: 'DELETE', path: `/experiments/${id}/evidence`, query: { reason: 'Asked to.' } })
    await pass(account, plane)
    const left = recorded(account)
    await account.clock.advance(3 * DAY_MS)
    for (let again = 0; again < 3; again++) await pass(account, plane)

    expect(left).toEqual([`records/${other}/task-1.ndjson.gz`])
    expect(recorded(account)).toEqual([])
    const listed = await api.send({ path: `/experiments/${id}/records` })
    expect(listed.body).toEqual({ experiment: id, records: [], bytes: 0 })
  })

  it('waits for the last record, which gateways put after the end', async () => {
    const account = await openAccount()
    const plane = recording(keeping(account.plane))
    const id = await endOne(account, plane, { record: {} })
    const api = openApiOver(plane)

    await api.send({ method: 'DELETE', path: `/experiments/${id}/evidence`, query: { reason: 'Asked to.' } })
    await pass(account, plane)
    const early = (await read(plane, id)).experiment.evidenceDeletion
    await putRecord(account, id, 'task-1.ndjson.gz')
    await account.clock.advance(60_000)
    for (let again = 0; again < 2; again++) await pass(account, plane)

    expect(early?.doneAt).toBeNull()
    expect(recorded(account)).toEqual([])
    expect((await read(plane, id)).experiment.evidenceDeletion?.doneAt).not.toBeNull()
    expect(await isActive(plane, id)).toBe(false)
  })

  it('is not gone before its records are', async () => {
    const account = await openAccount()
    const plane = recording(keeping(account.plane))
    const away = recording(plane, { recordsBucket: 'gone' })
    const id = await endOne(account, plane)
    await putRecord(account, id, 'task-1.ndjson.gz')
    // into the hour: at its first tick the sweep asks that bucket, too
    await account.clock.advance(60_000)
    const api = openApiOver(away)
    await api.send({ method: 'DELETE', path: `/experiments/${id}/evidence`, query: { reason: 'Asked to.' } })

    await pass(account, away)
    const waiting = (await read(away, id)).experiment.evidenceDeletion
    for (let again = 0; again < 2; again++) await pass(account, plane)

    expect(waiting?.doneAt).toBeNull()
    expect(recorded(account)).toEqual([])
    expect((await read(away, id)).experiment.evidenceDeletion?.doneAt).not.toBeNull()
  })

  it('is asked of S3 again at each tick until it is gone', async () => {
    const account = await openAccount()
    const away = keeping(account.plane, { evidenceBucket: 'gone' })
    const id = await endOne(account, away)
    const api = openApiOver(away)
    await api.send({ method: 'DELETE', path: `/experiments/${id}/evidence`, query: { reason: 'Asked to.' } })

    for (let again = 0; again < 3; again++) await pass(account, away)
    const waiting = (await read(away, id)).experiment.evidenceDeletion
    for (let again = 0; again < 2; again++) await pass(account, keeping(account.plane))

    expect(waiting?.doneAt).toBeNull()
    expect(account.lines.join('\n')).toMatch(/warn evidence could not be deleted .*NoSuchBucket/)
    expect((await read(away, id)).experiment.evidenceDeletion?.doneAt).not.toBeNull()
    expect(await queryAll(away.table, comparisonsOf(id))).toEqual([])
  })
})
