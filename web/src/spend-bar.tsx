import type { Spend } from '../../contract/money.ts'
import { budget, dollars } from './format.ts'

type Props = Readonly<{ spend: Spend; budgetUsd: number; forecastUsd?: number | null }>

/** Spend within its budget; the paler part is the forecast at the end in force. */
export const SpendBar = ({ spend, budgetUsd, forecastUsd = null }: Props) => {
  const share = (usd: number) => Math.min(1, usd / budgetUsd)
  const used = share(spend.totalUsd)
  const expected = Math.max(used, forecastUsd === null ? 0 : share(forecastUsd))
  return (
    <div className="bar">
      <meter
        className="unseen"
        aria-label={`Spend against budget: ${dollars(spend.totalUsd)} ${spend.basis} of ${budget(budgetUsd)}`}
        min={0}
        max={1}
        value={used}
      />
      <div className="bar-forecast" style={{ width: `${expected * 100}%` }} />
      <div className={used >= 0.9 ? 'bar-used bar-close' : 'bar-used'} style={{ width: `${used * 100}%` }} />
    </div>
  )
}
