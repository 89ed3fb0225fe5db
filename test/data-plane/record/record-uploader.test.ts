import { expect, test } from 'vitest'
import { exchangeLine } from '../../../data-plane/record/native.ts'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import { RecordUploader } from '../../../data-plane/record/record-uploader.ts'
import { requestFrom } from '../../../data-plane/record/recorded.ts'
import type { Log } from '../../../data-plane/telemetry/log.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { until } from '../../support/recording-shadow.ts'

/** An uploader to a bucket that refuses so many objects at first. */
const anUploader = (refusals = 0) => {
  const objects: { key: string; body: Buffer }[] = []
  const logged: string[] = []
  let tries = 0
  const log: Log = (_, event) => void logged.push(event)
  const uploader = new RecordUploader({
    task: 'a/b c',
    startedAt: new Date('2026-11-26T14:00:00Z'),
    log,
    open: async () => async (key, body) => {
      if (++tries <= refusals) throw new Error('SlowDown')
      objects.push({ key, body })
    },
  })
  const targets = () =>
    objects.flatMap(({ body }) => readRecord(body).exchanges.map(({ request }) => request.target))
  return { uploader, objects, logged, targets, tries: () => tries }
}

const lines = (target: string, bytes = 0): Buffer => {
  const request = requestFrom({
    ...capturedRequest({ target, method: 'POST' }),
    body: Buffer.alloc(bytes, 'x'),
  })
  return Buffer.from(exchangeLine({ request, production: null, shadow: null }))
}

test('what is left when it stops is put, one file for each experiment, named by task, start and number', async () => {
  const { uploader, objects, logged, targets } = anUploader()
  uploader.write('exp_A', lines('/a1'))
  uploader.write('exp_B', lines('/b1'))
  uploader.write('exp_A', lines('/a2'))

  await uploader.stop(5_000)

  const start = Date.parse('2026-11-26T14:00:00Z').toString(36)
  expect(objects.map(({ key }) => key)).toEqual([
    `records/exp_A/a-b-c-${start}-1.ndjson.gz`,
    `records/exp_B/a-b-c-${start}-2.ndjson.gz`,
  ])
  expect(targets()).toEqual(['/a1', '/a2', '/b1'])
  expect(logged).toEqual([])
})

test('a part that is full goes at once, and each is a record by itself', async () => {
  const { uploader, objects, targets } = anUploader()
  for (let i = 0; i < 5; i++) uploader.write('exp_A', lines(`/${i}`, 1_000_000))

  await until(() => objects.length === 1)
  await uploader.stop(5_000)

  expect(objects.length).toBe(3)
  expect(targets()).toEqual(['/0', '/1', '/2', '/3', '/4'])
})

test('what an experiment has recorded that is over is put at once, and the others’ waits', async () => {
  const { uploader, objects, targets } = anUploader()
  uploader.configure(new Set(['exp_A', 'exp_B']))
  uploader.write('exp_A', lines('/a'))
  uploader.write('exp_B', lines('/b'))

  uploader.configure(new Set(['exp_B']))
  await until(() => objects.length === 1)

  expect(targets()).toEqual(['/a'])
  await uploader.stop(5_000)
  expect(targets()).toEqual(['/a', '/b'])
})

test('what is refused is tried again', async () => {
  const { uploader, targets, logged, tries } = anUploader(1)
  for (let i = 0; i < 3; i++) uploader.write('exp_A', lines(`/${i}`, 1_400_000))
  await until(() => tries() === 1)

  await uploader.stop(5_000)

  expect(targets()).toEqual(['/0', '/1', '/2'])
  expect(logged).toEqual(['record not stored'])
})

test('what never goes is said to be lost', async () => {
  const { uploader, objects, logged } = anUploader(Number.POSITIVE_INFINITY)
  uploader.write('exp_A', lines('/a'))

  await uploader.stop(1_000)

  expect([objects.length, logged]).toEqual([0, ['record not stored', 'records lost']])
})
