import { type CostExplorerClient, GetCostAndUsageCommand } from '@aws-sdk/client-cost-explorer'
import { fromMicros } from '../../contract/money.ts'
import { TAG } from '../../contract/ownership.ts'
import type { BilledLine } from '../cost/reconciliation.ts'

const DAY_MS = 86_400_000
const day = (at: Date): string => at.toISOString().slice(0, 10)

/**
 * What AWS billed for resources that carry the experiment’s tag, by usage type. The tag counts only where it is activated
 * as a cost allocation tag: else there is no line. Each request costs a cent.
 */
export const readBill = async (
  costExplorer: CostExplorerClient,
  experiment: string,
  { from, until }: { from: Date; until: Date },
): Promise<{ lines: BilledLine[]; final: boolean }> => {
  const micros = new Map<string, number>()
  let final = true
  let token: string | undefined
  do {
    const { ResultsByTime = [], NextPageToken } = await costExplorer.send(
      new GetCostAndUsageCommand({
        TimePeriod: { Start: day(from), End: day(new Date(until.getTime() + DAY_MS)) },
        Granularity: 'DAILY',
        Metrics: ['UnblendedCost'],
        Filter: { Tags: { Key: TAG.experiment, Values: [experiment] } },
        GroupBy: [{ Type: 'DIMENSION', Key: 'USAGE_TYPE' }],
        ...(token !== undefined && { NextPageToken: token }),
      }),
    )
    for (const { Groups = [], Estimated } of ResultsByTime) {
      final &&= Estimated !== true
      for (const { Keys: [usageType = ''] = [], Metrics } of Groups) {
        const usd = Number(Metrics?.UnblendedCost?.Amount ?? 0)
        micros.set(usageType, (micros.get(usageType) ?? 0) + Math.round(usd * 1e6))
      }
    }
    token = NextPageToken
  } while (token !== undefined)
  const lines = [...micros].map(([usageType, sum]) => ({ usageType, usd: fromMicros(Math.max(0, sum)) }))
  return { lines: lines.filter(({ usd }) => usd > 0), final }
}
