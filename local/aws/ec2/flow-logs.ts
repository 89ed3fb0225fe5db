import { boolean, integer, list, string } from '../protocol/shape.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import type { FlowLogDeclaration } from '../world.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation, flowLogNotFound } from './errors.ts'

/** What a flow log records that names no fields (VPC user guide, flow log records, default format). */
const DEFAULT_FORMAT = [
  ...['version', 'account-id', 'interface-id', 'srcaddr', 'dstaddr', 'srcport', 'dstport'],
  ...['protocol', 'packets', 'bytes', 'start', 'end', 'action', 'log-status'],
]
  .map((field) => `\${${field}}`)
  .join(' ')

/** Flow logs are declared and do not change. */
export function flowLogActions(state: State): Record<string, Action> {
  return {
    DescribeFlowLogs: action(
      {
        FlowLogIds: list(string, 'FlowLogId'),
        Filter: filtersMember,
        MaxResults: integer,
        NextToken: string,
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const rows = chosen(state.world.flowLogs ?? [], idOf, input.FlowLogIds, flowLogNotFound)
        const shown = page(
          filtered(rows, input.Filter, readers, ({ tags }) => tags ?? {}),
          idOf,
          input,
          true,
        )
        return { flowLogSet: shown.rows.map((row) => flowLogXml(state, row)), nextToken: shown.nextToken }
      },
      { readOnly: true },
    ),
  }
}

const idOf = (row: { id: string }) => row.id

const readers: Readers<FlowLogDeclaration> = {
  'flow-log-id': (row) => [row.id],
  'log-destination-type': (row) => [destinationOf(row)],
  'log-group-name': (row) => [row.logGroup],
  'resource-id': (row) => [row.resourceId],
  'traffic-type': (row) => [row.trafficType ?? 'ALL'],
}

const destinationOf = ({ logGroup }: FlowLogDeclaration) => (logGroup ? 'cloud-watch-logs' : 's3')

const flowLogXml = (state: State, row: FlowLogDeclaration) => ({
  creationTime: '2026-01-01T00:00:00.000Z',
  deliverLogsStatus: 'SUCCESS',
  flowLogId: row.id,
  flowLogStatus: 'ACTIVE',
  resourceId: row.resourceId,
  trafficType: row.trafficType ?? 'ALL',
  logDestinationType: destinationOf(row),
  ...(row.logGroup
    ? { logGroupName: row.logGroup, logDestination: state.arn('logs', `log-group:${row.logGroup}`) }
    : { logDestination: `arn:aws:s3:::${row.bucket ?? 'flow-logs'}` }),
  logFormat: row.format ?? DEFAULT_FORMAT,
  maxAggregationInterval: 600,
  tagSet: Object.entries(row.tags ?? {}).map(([key, value]) => ({ key, value })),
})
