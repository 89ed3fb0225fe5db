import { inputs, isProduction } from './stage.ts'

/** Where evidence packages lie; nothing else is written to the bucket. */
const EVIDENCE = 'evidence/'

const storage = new sst.aws.Bucket('Storage', {
  // SST’s own is for every origin.
  cors: false,
  versioning: true,
  lifecycle: [{ id: 'evidence', prefix: EVIDENCE, expiresIn: `${inputs.evidenceDays} days` }],
  transform: {
    bucket: (bucket) => {
      bucket.forceDestroy = !isProduction
    },
    lifecycle: (lifecycle) => {
      lifecycle.rules = $output(lifecycle.rules).apply((rules) => [
        ...(rules ?? []),
        {
          id: 'leftovers',
          status: 'Enabled',
          filter: { prefix: '' },
          expiration: { expiredObjectDeleteMarker: true },
          noncurrentVersionExpiration: { noncurrentDays: 30 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
      ])
    },
  },
})

// S3’s own default, said: a policy of the organization that asks for it finds it.
new aws.s3.BucketServerSideEncryptionConfiguration('StorageEncryption', {
  bucket: storage.name,
  rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
})

/** `objects`: what a policy names to allow one evidence package or all of them. */
export const evidence = {
  bucket: storage.name,
  bucketArn: storage.arn,
  prefix: `${EVIDENCE}*`,
  objects: $interpolate`${storage.arn}/${EVIDENCE}*`,
}
