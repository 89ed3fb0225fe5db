import { addUsd, owed } from '../../contract/money.ts'
import type { Reconciliation } from '../../contract/reconciliation.ts'
import type { PriceTable } from '../prices/table.ts'
import { dollars, marginalUsdPerGb } from './budget.ts'

/** One usage type of AWS’s bill. */
export type BilledLine = Readonly<{ usageType: string; usd: number }>

/** Below this share a difference is that of clocks: a minute of CloudWatch, a report under way. */
const NOTEWORTHY_SHARE = 0.02

/** The load balancer’s count beside the gateways’: what it processed and they did not receive was lost on the way. */
export const compareProcessed = (
  bytes: number,
  received: number,
  { shared, live, crossAzShare }: { shared: boolean; live: boolean; crossAzShare: number },
  prices: PriceTable,
): NonNullable<Reconciliation['processed']> => {
  const basis = 'metered'
  if (shared || live)
    return {
      basis,
      bytes,
      shared,
      missingBytes: null,
      missingUsd: null,
      says: shared
        ? 'Other experiments mirrored at the same time: the load balancer’s count is of all of them.'
        : 'It is not over: the last bytes are not reported yet. They are compared at its end.',
    }
  const missingBytes = Math.max(0, bytes - received)
  const missingUsd = owed(missingBytes / 1e9, marginalUsdPerGb(prices, crossAzShare))
  const share = bytes > 0 ? missingBytes / bytes : 0
  return {
    basis,
    bytes,
    shared,
    missingBytes,
    missingUsd,
    says:
      received > bytes * (1 + NOTEWORTHY_SHARE)
        ? 'The gateways received more than the load balancer has told of so far: its last minutes come late.'
        : share > NOTEWORTHY_SHARE
          ? `${(share * 100).toFixed(1)} % of what the load balancer processed reached no gateway: AWS bills ${dollars(missingUsd)} for it that the ledger does not have.`
          : 'The load balancer and the gateways agree.',
  }
}

/** AWS’s bill beside the ledger’s session-hours: the one line whose resources carry the experiment’s tag. */
export const compareBilled = (
  lines: readonly BilledLine[],
  bill: { final: boolean; readAt: string },
  sessionsUsd: number,
): NonNullable<Reconciliation['billed']> => {
  const totalUsd = addUsd(...lines.map(({ usd }) => usd))
  const sessions = addUsd(
    ...lines.flatMap(({ usageType, usd }) => (usageType.includes('ENI-Mirror') ? [usd] : [])),
  )
  const apart = addUsd(sessionsUsd, -sessions)
  return {
    basis: 'billed',
    totalUsd,
    lines: lines.map(({ usageType, usd }) => ({ usageType, usd })),
    ...bill,
    says:
      apart === 0
        ? 'AWS billed the mirror sessions as the ledger has them.'
        : `AWS billed ${dollars(sessions)} for mirror sessions, the ledger has ${dollars(sessionsUsd)} (metered): ` +
          (apart > 0 ? `${dollars(apart)} less than metered.` : `${dollars(-apart)} more than metered.`),
  }
}
