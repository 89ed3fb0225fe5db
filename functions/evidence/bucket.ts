import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Evidence } from '../../contract/evidence.ts'
import type { StoredEvidence } from '../../contract/stored-evidence.ts'
import { FILES, FORMATS, type Format, sha256, textOf } from './files.ts'

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
      const key = `evidence/${evidence.experiment.id}/evidence.${FILES[format].ending}`
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
