import { createHash } from 'node:crypto'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { RecordName, recordPrefix } from '../../contract/stored-record.ts'

/** An object below `records/` as S3 lists it; in a bucket without versions its only one is called `null`. */
export type FoundRecord = Readonly<{ key: string; versionId: string; bytes: number; modifiedAt: Date }>

/** Every object below a prefix, older versions included. @throws the SDK’s errors */
export const findRecords = async (s3: S3Client, bucket: string, prefix: string): Promise<FoundRecord[]> => {
  const found: FoundRecord[] = []
  let from: { KeyMarker?: string; VersionIdMarker?: string } | null = {}
  while (from !== null) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...from }),
    )
    const { Versions, IsTruncated, NextKeyMarker, NextVersionIdMarker } = page
    for (const { Key, VersionId, Size = 0, LastModified } of Versions ?? [])
      if (Key !== undefined && VersionId !== undefined && LastModified !== undefined)
        found.push({ key: Key, versionId: VersionId, bytes: Size, modifiedAt: LastModified })
    from =
      IsTruncated === true && NextKeyMarker !== undefined
        ? { KeyMarker: NextKeyMarker, ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }) }
        : null
  }
  return found
}

/** Those of an experiment by their names; what else lies there is no record of a gateway’s. */
export const recordsOf = async (
  s3: S3Client,
  bucket: string,
  experiment: string,
): Promise<(FoundRecord & { name: string })[]> => {
  const prefix = recordPrefix(experiment)
  const found = await findRecords(s3, bucket, prefix)
  return found.flatMap((record) => {
    const name = RecordName.safeParse(record.key.slice(prefix.length))
    return name.success ? [{ ...record, name: name.data }] : []
  })
}

/** @throws the SDK’s errors; NoSuchKey when it is gone */
export const getRecord = async (
  s3: S3Client,
  bucket: string,
  key: string,
): Promise<{ gzip: string; sha256: string }> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? [])
  return { gzip: bytes.toString('base64'), sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** For good. What is gone already is as it should be. @throws the SDK’s errors */
export const deleteRecord = async (
  s3: S3Client,
  bucket: string,
  { key, versionId }: FoundRecord,
): Promise<void> => {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }))
}
