import { isProduction } from './stage.ts'

/** Everything Shadowmeter knows. Can be restored to any second of the last 35 days. */
const dynamo = new sst.aws.Dynamo('Table', {
  fields: { pk: 'string', sk: 'string' },
  primaryIndex: { hashKey: 'pk', rangeKey: 'sk' },
  deletionProtection: isProduction,
})

export const table = { name: dynamo.name, arn: dynamo.arn }
