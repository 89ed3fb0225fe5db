import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { type EC2Client, type FlowLog, paginateDescribeFlowLogs } from '@aws-sdk/client-ec2'
import type { FilterRule } from '../../contract/filter-rule.ts'
import type { SourceEni } from '../../contract/source.ts'
import { addFlows, type Fields, type FlowTally, fieldsOf, NO_FLOWS } from '../experiments/flow-records.ts'
import { spreadOver } from './sample.ts'

export type Wanted = Readonly<{
  sources: readonly Pick<SourceEni, 'eni' | 'subnet' | 'vpc' | 'address'>[]
  /** Of the mirror filter. */
  rules: readonly FilterRule[]
  /** Log groups that may be read. */
  groups: readonly string[]
}>

export type FlowLogsRead = Readonly<{
  /** Null where no flow log tells anything. */
  tally: FlowTally | null
  /** Which records those are. */
  from: string
  /** One sentence: flow logs that are there and were not read, and why; null where there are none of them. */
  unread: string | null
}>

/** CloudWatch Logs takes a few of these calls a second from all of an account: twelve are asked for, one after the other. */
const ENIS = 4
const MINUTE_MS = 60_000
/** Ten minutes each, as many as a record may cover, spread over most of a day: ports are used differently at night. */
const SLICE_MS = 10 * MINUTE_MS
const SLICES_AGO_MS = [1, 9, 17].map((hours) => hours * 60 * MINUTE_MS)
const RECORDS_A_SLICE = 2_000
/** Pages may be empty though others come. */
const PAGES_A_SLICE = 3
const TOGETHER_MS = 8_000

/**
 * What the flow logs of some sources tell about the traffic that a filter would take. Reads records in the log groups that
 * it may read, each interface’s in the stream that has its name; nothing is charged for that by the record.
 * https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html
 */
export const readFlowLogs = async (
  { ec2, logs }: { ec2: EC2Client; logs: CloudWatchLogsClient },
  { sources, rules, groups }: Wanted,
  now: Date,
): Promise<FlowLogsRead> => {
  const sample = spreadOver(sources, ENIS)
  const flowLogs = await flowLogsOf(ec2, sample)
  const late = AbortSignal.timeout(TOGETHER_MS)
  const used = new Set<string>()
  let [tally, unread, enis] = [NO_FLOWS, null as string | null, 0]
  for (const { eni, subnet, vpc, address } of sample) {
    const covering = flowLogs.filter(({ ResourceId = '' }) => [eni, subnet, vpc].includes(ResourceId))
    const judged = covering.map((one) => judge(one, groups))
    const log = judged.find((one) => typeof one !== 'string')
    unread ??= log === undefined ? (judged.find((one) => typeof one === 'string') ?? null) : null
    if (log === undefined) continue
    enis += 1
    used.add(log.group)
    for (const ago of SLICES_AGO_MS) {
      const slice = { group: log.group, stream: eni, at: now.getTime() - ago }
      const records = await recordsIn(logs, slice, late)
      tally = addFlows(tally, records, { fields: log.fields, address, rules })
    }
  }
  return {
    tally: tally.records === 0 ? null : tally,
    from:
      `VPC flow logs in ${[...used].join(', ')}: ${tally.records} record${tally.records === 1 ? '' : 's'} of ${enis} of ` +
      `${sources.length} network interface${sources.length === 1 ? '' : 's'}, ten minutes each of 1, 9 and 17 hours ago, IPv4`,
    unread,
  }
}

const flowLogsOf = async (ec2: EC2Client, sources: Wanted['sources']): Promise<FlowLog[]> => {
  const Values = [...new Set(sources.flatMap(({ eni, subnet, vpc }) => [eni, subnet, vpc]))]
  const found: FlowLog[] = []
  if (Values.length === 0) return found
  for await (const { FlowLogs = [] } of paginateDescribeFlowLogs(
    { client: ec2 },
    { Filter: [{ Name: 'resource-id', Values }] },
  ))
    found.push(...FlowLogs)
  return found
}

/** Where its records are, or why they cannot be read. */
const judge = (
  { FlowLogId, TrafficType, LogGroupName, LogFormat = '', LogDestination = 'somewhere else' }: FlowLog,
  groups: readonly string[],
): { group: string; fields: Fields } | string => {
  const group = LogGroupName ?? /:log-group:([^:]+)/.exec(LogDestination)?.[1]
  if (group === undefined)
    return `The flow log ${FlowLogId} goes to ${LogDestination}: only CloudWatch Logs is read.`
  if (TrafficType === 'REJECT') return `The flow log ${FlowLogId} records rejected packets only.`
  if (!groups.includes(group))
    return `The flow log ${FlowLogId} in ${group} could say what the mirrored ports carry; the deployment does not name this group (flowLogGroups), and so it is not read.`
  const fields = fieldsOf(LogFormat)
  return fields === null
    ? `The flow log ${FlowLogId} does not record addresses, ports, protocol and bytes.`
    : { group, fields }
}

const recordsIn = async (
  logs: CloudWatchLogsClient,
  { group, stream, at }: Readonly<{ group: string; stream: string; at: number }>,
  abortSignal: AbortSignal,
): Promise<string[]> => {
  const records: string[] = []
  let nextToken: string | undefined
  for (let page = 0; page < PAGES_A_SLICE && records.length < RECORDS_A_SLICE; page++) {
    const answer = await logs.send(
      new FilterLogEventsCommand({
        logGroupName: group,
        logStreamNamePrefix: stream,
        startTime: at - SLICE_MS,
        endTime: at,
        limit: RECORDS_A_SLICE,
        nextToken,
      }),
      { abortSignal },
    )
    records.push(...(answer.events ?? []).flatMap(({ message }) => message ?? []))
    nextToken = answer.nextToken
    if (nextToken === undefined) break
  }
  return records
}
