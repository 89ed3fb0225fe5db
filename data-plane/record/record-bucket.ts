import { createHash } from 'node:crypto'
import type { PutObject } from './record-uploader.ts'

/** What S3 does not take is tried again in some seconds. */
const CONNECT_MS = 2_000
const REQUEST_MS = 10_000

/** How to put objects into a bucket, which encrypts them with a key of its own. */
export const openRecordBucket = async (bucket: string): Promise<PutObject> => {
  const { PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3')
  const client = new S3Client({
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      throwOnRequestTimeout: true,
    },
  })
  return async (key, body) => {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: 'application/gzip',
        ChecksumSHA256: createHash('sha256').update(body).digest('base64'),
      }),
    )
  }
}
