import { expect } from 'vitest'
import { type Deployment, list } from '../stages.ts'

/** What is kept, for how long, and who may write, read and delete it. */
export const STORAGE_PROMISES = {
  'keeps and protects production’s data': (deployment: Deployment) => {
    const isProduction = deployment.resources[0]?.inputs.removal === 'retain'
    const table = deployment.named('aws:dynamodb/table:Table', 'TableTable').inputs
    expect(table.deletionProtectionEnabled).toBe(isProduction)
    expect(table.pointInTimeRecovery.enabled).toBe(true)
    expect(deployment.resources[0]?.inputs.protect).toBe(isProduction)
    const balancer = deployment.named('aws:lb/loadBalancer:LoadBalancer', 'Balancer').inputs
    expect(balancer.enableDeletionProtection).toBe(isProduction)
  },

  'stores evidence encrypted, in versions, for its days, and for nobody outside': (
    deployment: Deployment,
  ) => {
    const isProduction = deployment.resources[0]?.inputs.removal === 'retain'
    const bucket = deployment.named('aws:s3/bucket:Bucket', 'StorageBucket').inputs
    expect(bucket.forceDestroy).toBe(!isProduction)
    expect(deployment.environment('ControlFunction').SHADOWMETER_EVIDENCE_BUCKET).toBe(bucket.bucket)
    const of = settingsOf(deployment, bucket.bucket)
    expect(of(ENCRYPTION)).toMatchObject([
      { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }] },
    ])
    expect(of('bucketVersioning:BucketVersioning')).toMatchObject([
      { versioningConfiguration: { status: 'Enabled' } },
    ])
    expect(of('bucketCorsConfiguration:BucketCorsConfiguration')).toEqual([])
    expect(of('bucketLifecycleConfiguration:BucketLifecycleConfiguration')).toMatchObject([
      {
        rules: [
          { status: 'Enabled', filter: { prefix: 'evidence/' }, expiration: { days: 400 } },
          { status: 'Enabled', noncurrentVersionExpiration: { noncurrentDays: 30 } },
        ],
      },
    ])
    expectClosed(of)
  },

  'lets one function store and delete evidence, and another read it': (deployment: Deployment) => {
    const { bucket } = deployment.named('aws:s3/bucket:Bucket', 'StorageBucket').inputs
    const { bucket: records } = deployment.named('aws:s3/bucket:Bucket', 'RecordsBucket').inputs
    // In `sst dev` both run as the developer.
    if (!deployment.roles.some(({ name }) => name === 'ControlRole')) return
    const said = deployment.roles.flatMap((role) =>
      deployment
        .statements(role)
        .filter(({ Action }) => list(Action).some((action) => action.startsWith('s3:')))
        .filter(({ Resource }) => !list(Resource).every((one) => one.startsWith(`arn:aws:s3:::${records}`)))
        .map(({ Action, Resource }) => [role.name, Action, Resource]),
    )
    expect(said.toSorted()).toEqual([
      ['ApiHandlerRole', 's3:GetObject', `arn:aws:s3:::${bucket}/evidence/*`],
      ['ControlRole', 's3:ListBucketVersions', `arn:aws:s3:::${bucket}`],
      ['ControlRole', ['s3:PutObject', 's3:DeleteObjectVersion'], `arn:aws:s3:::${bucket}/evidence/*`],
    ])
    expect(deployment.environment('ControlFunction').SHADOWMETER_EVIDENCE_DAYS).toBe('400')
  },

  'stores records under a key of their own, for their days, and for nobody outside': (
    deployment: Deployment,
  ) => {
    const bucket = deployment.named('aws:s3/bucket:Bucket', 'RecordsBucket').inputs
    const key = deployment.named('aws:kms/key:Key', 'RecordsKey')
    expect(key.inputs).toMatchObject({ enableKeyRotation: true })
    expect(deployment.environment('ControlFunction').SHADOWMETER_RECORDS_BUCKET).toBe(bucket.bucket)
    expect(deployment.environment('ControlFunction').SHADOWMETER_RECORDS_DAYS).toBe('7')
    const of = settingsOf(deployment, bucket.bucket)
    expect(of(ENCRYPTION)).toMatchObject([
      {
        rules: [
          {
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: 'aws:kms',
              kmsMasterKeyId: expect.stringMatching(/RecordsKey/),
            },
          },
        ],
      },
    ])
    // An older version would outlive its days.
    expect(of('bucketVersioning:BucketVersioning')).toEqual([])
    expect(of('bucketLifecycleConfiguration:BucketLifecycleConfiguration')).toMatchObject([
      { rules: [{ status: 'Enabled', filter: { prefix: 'records/' }, expiration: { days: 7 } }, {}] },
    ])
    expectClosed(of)
  },

  'lets gateways put records and nothing else, ticks delete them, and the API alone read them': (
    deployment: Deployment,
  ) => {
    const { bucket } = deployment.named('aws:s3/bucket:Bucket', 'RecordsBucket').inputs
    const { bucket: evidence } = deployment.named('aws:s3/bucket:Bucket', 'StorageBucket').inputs
    // In `sst dev` the functions run as the developer.
    if (!deployment.roles.some(({ name }) => name === 'ControlRole')) return
    const said = deployment.roles.flatMap((role) =>
      deployment
        .statements(role)
        .filter(({ Action }) => list(Action).some((action) => /^(?:s3|kms):/.test(action)))
        .flatMap(({ Action, Resource }) =>
          list(Action).flatMap((action) => list(Resource).map((resource) => [role.name, action, resource])),
        )
        .filter(([, , resource]) => !resource?.startsWith(`arn:aws:s3:::${evidence}`)),
    )
    const records = `arn:aws:s3:::${bucket}`
    const key = expect.stringMatching(/RecordsKey/)
    expect(said.toSorted()).toEqual([
      ['ApiHandlerRole', 'kms:Decrypt', key],
      ['ApiHandlerRole', 's3:DeleteObjectVersion', `${records}/records/*`],
      ['ApiHandlerRole', 's3:GetObject', `${records}/records/*`],
      ['ApiHandlerRole', 's3:ListBucketVersions', records],
      ['ControlRole', 's3:DeleteObjectVersion', `${records}/records/*`],
      ['ControlRole', 's3:ListBucketVersions', records],
      ['GatewayTaskTaskRole', 'kms:GenerateDataKey', key],
      ['GatewayTaskTaskRole', 's3:PutObject', `${records}/records/*`],
    ])
  },
}

const ENCRYPTION = 'bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration'

type Settings = (type: string) => Deployment['resources'][number]['inputs'][]

/** What is said of one bucket, by the type of the resource that says it. */
const settingsOf =
  (deployment: Deployment, bucket: string): Settings =>
  (type) =>
    deployment
      .all(`aws:s3/${type}`)
      .map(({ inputs }) => inputs)
      .filter((inputs) => inputs.bucket === bucket)

const expectClosed = (of: Settings): void => {
  expect(of('bucketPublicAccessBlock:BucketPublicAccessBlock')).toMatchObject([
    { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
  ])
  const [policy] = of('bucketPolicy:BucketPolicy')
  expect(JSON.parse(policy?.policy).Statement).toMatchObject([
    { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ])
}
