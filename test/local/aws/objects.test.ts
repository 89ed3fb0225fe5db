import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect, onTestFinished, test } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'
import { evidenceBucket as Bucket } from '../../support/aws-world.ts'

const start = async (dataDir?: string) => {
  const { cloud, close } = await startTestCloud(dataDir === undefined ? {} : { dataDir })
  const client = (region: string) => {
    const s3 = new S3Client({
      endpoint: cloud.address,
      region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    })
    onTestFinished(() => s3.destroy())
    return s3
  }
  return { s3: client('us-east-1'), elsewhere: client('eu-west-1'), close, address: cloud.address }
}
const Key = 'evidence/exp_1/ein Päckchen.json'
const Body = '{"outcome":"pass – ✓"}'
const checksumOf = (text: string) => createHash('sha256').update(text).digest('base64')
const ChecksumSHA256 = checksumOf(Body)
const put = { Bucket, Key, Body, ContentType: 'application/json', ChecksumSHA256 }

test('an object that was put is read as it was, with its checksum, by everybody who asks', async () => {
  const { s3, address } = await start()

  const answer = await s3.send(new PutObjectCommand(put))
  const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))

  expect(answer.ChecksumSHA256).toBe(ChecksumSHA256)
  expect(await got.Body?.transformToString()).toBe(Body)
  for (const { ContentType, ContentLength, ETag, ChecksumSHA256: checksum } of [got, head])
    expect([ContentType, ContentLength, ETag, checksum]).toEqual([
      'application/json',
      Buffer.byteLength(Body),
      answer.ETag,
      ChecksumSHA256,
    ])
  const { calls } = (await (await fetch(`${address}/-/calls?service=s3`)).json()) as {
    calls: { action: string; input: unknown }[]
  }
  expect(calls.map(({ action }) => action)).toEqual(['PutObject', 'GetObject', 'HeadObject'])
  expect(calls[0]?.input).toEqual({ Bucket, Key })
})

test('an object that is not what its checksum says is refused, and not kept', async () => {
  const { s3 } = await start()

  const refused = await errorCode(s3.send(new PutObjectCommand({ ...put, Body: `${Body} ` })))

  expect(refused).toBe('BadDigest')
  expect(await errorCode(s3.send(new GetObjectCommand({ Bucket, Key })))).toBe('NoSuchKey')
})

test('what is put is there after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'objects-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const before = await start(folder)
  await before.s3.send(new PutObjectCommand(put))
  await before.close()

  const { s3 } = await start(folder)

  const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
  expect(await got.Body?.transformToString()).toBe(Body)
})

test('what is put again keeps what was there, until that version is deleted', async () => {
  const { s3 } = await start()
  const first = await s3.send(new PutObjectCommand(put))
  const second = await s3.send(new PutObjectCommand({ ...put, Body: '{}', ChecksumSHA256: checksumOf('{}') }))
  await s3.send(new PutObjectCommand({ ...put, Key: 'evidence/exp_2/a.json' }))
  const list = async () =>
    (await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'evidence/exp_1/' }))).Versions ?? []
  const remove = (VersionId: string | undefined) =>
    s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))

  const both = await list()
  await remove(second.VersionId)
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }))
  await remove(first.VersionId)
  await remove(first.VersionId)

  expect(both).toMatchObject([
    { Key, VersionId: second.VersionId, IsLatest: true, Size: 2 },
    { Key, VersionId: first.VersionId, IsLatest: false },
  ])
  expect(await got.Body?.transformToString()).toBe(Body)
  expect(await list()).toEqual([])
  expect(await errorCode(s3.send(new GetObjectCommand({ Bucket, Key })))).toBe('NoSuchKey')
})

test('whatever else S3 has is refused by name, never taken for something else', async () => {
  const { s3, elsewhere } = await start()
  await s3.send(new PutObjectCommand(put))

  expect(await errorCode(s3.send(new DeleteObjectCommand({ Bucket, Key })))).toBe('NotImplemented')
  expect(await errorCode(s3.send(new ListObjectsV2Command({ Bucket })))).toBe('NotImplemented')
  expect(await errorCode(s3.send(new PutObjectCommand({ ...put, Tagging: 'a=b' })))).toBe('NotImplemented')
  expect(await errorCode(s3.send(new PutObjectCommand({ ...put, IfNoneMatch: '*' })))).toBe('NotImplemented')
  expect(await errorCode(s3.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=0-1' })))).toBe(
    'NotImplemented',
  )
  expect(await errorCode(s3.send(new GetObjectCommand({ Bucket, Key, VersionId: '1' })))).toBe(
    'NotImplemented',
  )
  expect(await errorCode(s3.send(new PutObjectCommand({ ...put, Bucket: 'others' })))).toBe('NoSuchBucket')
  expect(await errorCode(elsewhere.send(new GetObjectCommand({ Bucket, Key })))).toBe(
    'AuthorizationHeaderMalformed',
  )
})
