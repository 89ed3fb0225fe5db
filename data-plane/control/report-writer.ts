import { PutCommand } from '@aws-sdk/lib-dynamodb'
import type { GatewayReport } from '../../contract/gateway-report.ts'
import { minuteOf, reportKey } from '../../contract/table.ts'
import type { ControlTable } from './table.ts'

/** Writes the task's report of its minute; a later one of the same minute takes its place. Throws the SDK's error. */
export const writeReport = async ({ client, name }: ControlTable, report: GatewayReport): Promise<void> => {
  const key = reportKey(minuteOf(new Date(report.at)), report.task)
  await client.send(new PutCommand({ TableName: name, Item: { ...report, ...key } }))
}
