import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { openApiOver } from '../support/api.ts'
import { serveApi } from '../support/api-server.ts'
import { recordsBucket } from '../support/aws-world.ts'
import { shell } from '../support/cli.ts'
import { begin, openAccount } from '../support/experiment-account.ts'
import { experimentSpec } from '../support/experiment-spec.ts'
import { putRecord, recording } from '../support/records.ts'

/** A busy machine may need a while. */
const PATIENT = { timeout: 30_000 }
const NAMES = ['task-1.ndjson.gz', 'task-2.ndjson.gz'] as const
/** Bytes that are no text: they must arrive as they are. */
const PACKED = gzipSync('{"format":"shadowmeter-record"}\n')

/** A scheduled experiment with two records in the bucket, and the command over its API. */
const recorded = async () => {
  const account = await openAccount()
  const startAt = new Date(account.clock.now() + 86_400_000).toISOString()
  const id = await begin(account, experimentSpec({ window: { startAt, durationSeconds: 60 } }))
  for (const name of NAMES) await putRecord(account, id, name, PACKED)
  const { url } = await serveApi(openApiOver(recording(account.plane)))
  const folder = await mkdtemp(join(tmpdir(), 'shadowmeter-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return {
    id,
    file: join(folder, 'one.ndjson.gz'),
    run: (...args: string[]) => shell(url, 'records', id, ...args),
    trail: async () => (await shell(url, 'audit', id)).out,
    stored: () => account.cloud.objects.versions(recordsBucket, '').map(({ key }) => key),
  }
}

test('records are listed, for people and for scripts', PATIENT, async () => {
  const { id, run } = await recorded()

  const listed = await run()
  const json = await run('--json')

  const lines = listed.out.split('\n')
  expect(lines.map((line) => line.split('  ')[0])).toEqual(NAMES)
  for (const line of lines) expect(line).toMatch(/ 0\.000 MB {2}written 20\S+Z {2}kept until 20\S+Z$/)
  expect(JSON.parse(json.out)).toMatchObject({ experiment: id, bytes: 2 * PACKED.length })
  expect([listed.code, json.code]).toEqual([0, 0])
})

test('a record is read into a new file of this user alone, and the trail says why', PATIENT, async () => {
  const { file, run, trail } = await recorded()
  const get = ['--get', NAMES[0], '--output', file]

  const saved = await run(...get, '--reason', 'Ticket 7.', '--json')
  const again = await run(...get)
  const absent = await run('--get', 'task-9.ndjson.gz', '--output', `${file}.2`)

  const sha256 = createHash('sha256').update(PACKED).digest('hex')
  expect(JSON.parse(saved.out)).toEqual({ name: NAMES[0], file, sha256 })
  expect(await readFile(file)).toEqual(PACKED)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await trail()).toMatch(/record read: task-1\.ndjson\.gz.*Ticket 7\./)
  expect([saved.code, again.code, absent.code]).toEqual([0, 2, 1])
  expect(again.err).toMatch(/--output .*EEXIST/)
  expect(absent.err).toContain('has no record task-9.ndjson.gz')
})

test('what is there is not written over, and nothing is read that has no place to go', PATIENT, async () => {
  const { file, run, trail } = await recorded()
  await writeFile(file, 'mine')

  const over = await run('--get', NAMES[0], '--output', file)
  const nowhere = await run('--get', NAMES[0])
  const nothing = await run('--output', `${file}.2`)
  const both = await run('--get', NAMES[0], '--output', `${file}.2`, '--delete')

  expect([over, nowhere, nothing, both].map(({ code }) => code)).toEqual([2, 2, 2, 2])
  for (const { err } of [nowhere, nothing, both])
    expect(err).toContain('--get RECORD and --output FILE go together, and not with --delete')
  expect(await readFile(file, 'utf8')).toBe('mine')
  // who was answered is in the trail, though the file was not written
  expect((await trail()).match(/record read/g)?.length).toBe(1)
})

test('records are deleted, and the trail says why', PATIENT, async () => {
  const { id, run, stored, trail } = await recorded()
  const before = stored().length

  const deleted = await run('--delete', '--reason', 'Not needed.')
  const listed = await run()

  expect(before).toBe(2)
  expect([deleted.out, listed.out]).toEqual([`${id} has no records.`, `${id} has no records.`])
  expect(stored()).toEqual([])
  expect(await trail()).toMatch(/records deleted: 2.*Not needed\./)
})
