import { about, inPolicy, type Mutation } from '../mutation.ts'

const RECORDED = 'lets gateways put records and nothing else, ticks delete them, and the API alone read them'
const RECORDS = 'stores records under a key of their own, for their days, and for nobody outside'
const EVIDENCE = 'stores evidence encrypted, in versions, for its days, and for nobody outside'

export const STORAGE_MUTATIONS: Mutation[] = [
  [
    'production’s table without deletion protection',
    'keeps and protects production’s data',
    (deployment) => {
      deployment.named('aws:dynamodb/table:Table', 'TableTable').inputs.deletionProtectionEnabled = false
    },
  ],
  [
    'evidence in the open',
    EVIDENCE,
    (deployment) => {
      deployment.named(
        'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
        'StoragePublicAccessBlock',
      ).inputs.blockPublicPolicy = false
    },
  ],
  [
    'evidence that nobody encrypts',
    EVIDENCE,
    (deployment) => {
      deployment.named(
        'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
        'StorageEncryption',
      ).inputs.bucket = 'another'
    },
  ],
  [
    'evidence that is kept for ever',
    EVIDENCE,
    (deployment) => {
      deployment
        .named('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', 'StorageLifecycle')
        .inputs.rules.shift()
    },
  ],
  [
    'evidence that goes with production',
    EVIDENCE,
    (deployment) => {
      deployment.named('aws:s3/bucket:Bucket', 'StorageBucket').inputs.forceDestroy = true
    },
  ],
  [
    'an API that writes evidence',
    'lets one function store and delete evidence, and another read it',
    inPolicy('ApiHandlerRole', (statements) => {
      about(statements, 's3:GetObject').Action = ['s3:GetObject', 's3:PutObject']
    }),
  ],
  [
    'a function that writes anywhere in the bucket',
    'lets one function store and delete evidence, and another read it',
    inPolicy('ControlRole', (statements) => {
      const store = about(statements, 's3:PutObject')
      store.Resource = String(store.Resource).replace('evidence/', '')
    }),
  ],
  [
    'records under S3’s own key',
    RECORDS,
    (deployment) => {
      deployment.named(
        'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
        'RecordsEncryption',
      ).inputs.rules[0].applyServerSideEncryptionByDefault = { sseAlgorithm: 'AES256' }
    },
  ],
  [
    'records that are kept for ever',
    RECORDS,
    (deployment) => {
      deployment
        .named('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', 'RecordsLifecycle')
        .inputs.rules.shift()
    },
  ],
  [
    'a tick that reads records',
    RECORDED,
    inPolicy('ControlRole', (statements) => {
      for (const statement of statements)
        if (statement.Action === 's3:DeleteObjectVersion')
          statement.Action = ['s3:DeleteObjectVersion', 's3:GetObject']
    }),
  ],
]
