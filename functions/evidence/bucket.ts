import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Evidence } from '../../contract/evidence.ts'
import type { StoredEvidence } from '../../contract/stored-evidence.ts'
import { FILES, FORMATS, type Format, sha256, textOf } from './files.ts'

const folderOf = (experiment: string): string => `evidence/${experiment}/`

/**
 * Puts the package into the bucket in every format, its schema beside it; S3 itself holds each to its checksum. The same package again puts
 * the same objects. @throws the SDK’s errors
 */
export const putEvidence = async (
  s3: S3Client,
  bucket: string,
  evidence: Evidence,
): Promise<StoredEvidence> => {
  const files = await Promise.all(
    FORMATS.map(async (format) => {
      const text = textOf(evidence, format)
      const checksum = sha256(text)
      const key = `${folderOf(evidence.experiment.id)}evidence.${FILES[format].ending}`
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: text,
          ContentType: FILES[format].mediaType,
          ChecksumSHA256: Buffer.from(checksum, 'hex').toString('base64'),
        }),
      )
      return { format, key, bytes: Buffer.byteLength(text), sha256: checksum }
    }),
  )
  return { bucket, at: evidence.createdAt, files }
}

/** What was stored in this format. @throws the SDK’s errors, or when it is not what was stored */
export const getEvidence = async (
  s3: S3Client,
  { bucket, files }: StoredEvidence,
  format: Format,
): Promise<string> => {
  const file = files.find((one) => one.format === format)
  if (!file) throw new Error(`no ${format} was stored`)
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: file.key }))
  const text = (await Body?.transformToString('utf-8')) ?? ''
  const found = sha256(text)
  if (found !== file.sha256)
    throw new Error(`s3://${bucket}/${file.key} has the SHA-256 ${found}, ${file.sha256} was stored`)
  return text
}

/**
 * Deletes every version of everything that was stored of it, and what S3 keeps in their place: a deletion without a version
 * would only hide them. Nothing there is deleted already. @throws the SDK’s errors
 */
export const deleteEvidence = async (s3: S3Client, bucket: string, experiment: string): Promise<void> => {
  let more = true
  while (more) {
    const {
      Versions = [],
      DeleteMarkers = [],
      IsTruncated,
    } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: folderOf(experiment) }))
    for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }))
    // What was listed is gone: the rest is the next page.
    more = IsTruncated === true
  }
}
