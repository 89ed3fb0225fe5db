import type { LedgerLine } from '../../contract/ledger.ts'
import {
  addUsd,
  type Basis,
  BYTES_PER_GB,
  owed,
  type Spend,
  sumLines,
  zeroLines,
} from '../../contract/money.ts'
import type { Volume } from '../../contract/traffic.ts'
import type { PriceKey, PriceTable } from '../prices/table.ts'
import { sessionHours } from './hours.ts'
import { boundRecords } from './records.ts'
import type { TaskUse, Usage } from './usage.ts'

/** Outer IPv4, UDP and VXLAN headers and the inner Ethernet header, as measured on captures of mirrored traffic. */
export const OUTER_BYTES_PER_PACKET = 50

/**
 * Mirrored packets leave an ENI with 128 different outer UDP source ports, so that one session is at most 128 flows
 * for the load balancer.
 */
const FLOWS_PER_SESSION = 128
/** The load balancer forgets a UDP flow after 120 idle seconds: none is new more often than that. */
const FLOW_IDLE_SECONDS = 120
/** One NLCU for UDP: 50,000 active flows, 400 new flows a second, or 1 GB an hour. */
const ACTIVE_FLOWS_PER_NLCU = 50_000
const NEW_FLOWS_PER_NLCU = 400

/** NLCU-hours that the flows of sessions can need at most, whatever they carry. */
export const flowNlcuHours = (sessionHoursElapsed: number): number =>
  sessionHoursElapsed *
  FLOWS_PER_SESSION *
  Math.max(1 / ACTIVE_FLOWS_PER_NLCU, 1 / FLOW_IDLE_SECONDS / NEW_FLOWS_PER_NLCU)

/** GB (10^9 bytes) as the network carries mirrored packets: inner bytes and the headers around them. */
export const outerGb = ({ bytes, packets }: Volume): number =>
  (bytes + OUTER_BYTES_PER_PACKET * packets) / BYTES_PER_GB

/** Fargate bills by the second, a minute at least. */
const FARGATE_MINIMUM_SECONDS = 60

const secondsBetween = (from: string, to: string | null, now: Date): number =>
  Math.max(0, Math.min(to === null ? Infinity : Date.parse(to), now.getTime()) - Date.parse(from)) / 1000

export const taskSeconds = (tasks: readonly TaskUse[]): number =>
  tasks.reduce((sum, { seconds }) => sum + Math.max(FARGATE_MINIMUM_SECONDS, seconds), 0)

/** The account of what was used: quantity × price = dollars on every line, in begun micro-dollars, nothing hidden in a total. */
export const ledgerLines = (
  usage: Usage,
  { prices }: PriceTable,
  now: Date,
  basis: Basis = 'metered',
): LedgerLine[] => {
  const line = (on: LedgerLine['line'], item: string, quantity: number, key: PriceKey): LedgerLine => {
    const price = prices[key]
    return { line: on, item, quantity, price, usd: owed(quantity, price.usd), basis }
  }
  const gb = outerGb(usage.volume)
  const sessionsElapsed = usage.sessions.reduce(
    (sum, { createdAt, deletedAt }) => sum + secondsBetween(createdAt, deletedAt, now) / 3600,
    0,
  )
  const flows = usage.volume.packets > 0 ? flowNlcuHours(sessionsElapsed) : 0
  const begunHours = usage.sessions.reduce((sum, session) => sum + sessionHours(session, now), 0)
  const gatewayHours = taskSeconds(usage.tasks) / 3600
  const { vcpus, memoryGb } = usage.gatewaySize
  const { control } = usage
  // Nothing is recorded before something was mirrored; an estimate is of all that may be.
  const isRecorded = usage.recording !== null && (usage.volume.packets > 0 || basis === 'estimated')
  const recorded = isRecorded
    ? boundRecords(usage.recording, { count: usage.tasks.length, seconds: taskSeconds(usage.tasks) })
    : null
  return [
    line('mirror-sessions', 'begun session-hours', begunHours, 'mirror-session-hour'),
    line(
      'nlcu',
      flows > gb ? 'NLCU-hours, decided by flows' : 'NLCU-hours, decided by GB with outer headers',
      Math.max(gb, flows),
      'nlcu-hour',
    ),
    line('fargate', 'vCPU-hours of gateway tasks', gatewayHours * vcpus, 'fargate-vcpu-hour'),
    line('fargate', 'GB-hours of gateway tasks', gatewayHours * memoryGb, 'fargate-gb-hour'),
    line(
      'cross-az',
      'GB with outer headers between Availability Zones, both directions',
      gb * usage.crossAzShare * 2,
      'cross-az-gb',
    ),
    line('control-plane', 'Lambda invocations', control.lambdaInvocations, 'lambda-request'),
    line('control-plane', 'Lambda GB-seconds', control.lambdaGbSeconds, 'lambda-gb-second'),
    line('control-plane', 'API requests', control.apiRequests, 'api-request'),
    line('control-plane', 'CloudWatch metrics read', control.metricsRead, 'cloudwatch-metric'),
    line('control-plane', 'DynamoDB read request units', control.readUnits, 'dynamodb-read'),
    line('control-plane', 'DynamoDB write request units', control.writeUnits, 'dynamodb-write'),
    line('control-plane', 'schedule invocations', control.scheduleInvocations, 'schedule-invocation'),
    ...(recorded === null
      ? []
      : [
          line('control-plane', 'GB-months of records in S3, at most', recorded.gbMonths, 's3-gb-month'),
          line('control-plane', 'S3 PUT requests of records, at most', recorded.puts, 's3-put'),
          line('control-plane', 'KMS requests of records, at most', recorded.puts, 'kms-request'),
        ]),
    line('standing', 'hours of the load balancer, shared by time', usage.standingSeconds / 3600, 'nlb-hour'),
  ]
}

/** The lines, added up by kind: total is the sum of the kinds; standing cost stays apart. */
export const spendOf = (lines: readonly LedgerLine[], basis: Basis = 'metered'): Spend => {
  const sums = zeroLines()
  let standingUsd = 0
  for (const { line, usd } of lines) {
    if (line === 'standing') standingUsd = addUsd(standingUsd, usd)
    else sums[line] = addUsd(sums[line], usd)
  }
  return { basis, totalUsd: sumLines(sums), lines: sums, standingUsd }
}

/** What was spent by a time. Pure: the same usage, prices and time give the same dollars. */
export const meterSpend = (usage: Usage, prices: PriceTable, now: Date): Spend =>
  spendOf(ledgerLines(usage, prices, now))
