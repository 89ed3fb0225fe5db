import { inputs } from './stage.ts'

/** Where gateways put what experiments record; nothing else is written to the bucket. */
const RECORDS = 'records/'

/** Who may read the bucket reads nothing without this key, and what it encrypted ends with it. */
const key = new aws.kms.Key('RecordsKey', {
  description: 'Shadowmeter: records of forwarded requests',
  enableKeyRotation: true,
  deletionWindowInDays: 7,
})

const bucket = new sst.aws.Bucket('Records', {
  // SST’s own is for every origin.
  cors: false,
  lifecycle: [{ id: 'records', prefix: RECORDS, expiresIn: `${inputs.recordsDays} days` }],
  transform: {
    // Kept for days only: nothing of it is to outlive the deployment.
    bucket: (bucket) => {
      bucket.forceDestroy = true
    },
    lifecycle: (lifecycle) => {
      lifecycle.rules = $output(lifecycle.rules).apply((rules) => [
        ...(rules ?? []),
        {
          id: 'leftovers',
          status: 'Enabled',
          filter: { prefix: '' },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
      ])
    },
  },
})

new aws.s3.BucketServerSideEncryptionConfiguration('RecordsEncryption', {
  bucket: bucket.name,
  rules: [
    {
      applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: key.arn },
      // One data key for many objects: KMS is asked, and paid, less often.
      bucketKeyEnabled: true,
    },
  ],
})

/** `objects`: what a policy names to allow all records. */
export const records = {
  bucket: bucket.name,
  arn: bucket.arn,
  objects: $interpolate`${bucket.arn}/${RECORDS}*`,
  prefix: `${RECORDS}*`,
  key: key.arn,
}
