import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import type { Plan } from '../../../contract/plan.ts'
import { BasisMark } from '../basis-mark.tsx'
import { budget as asBudget, dateTime, dollarRange, dollars, duration } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { COST_LINE, COST_LINES } from '../words.ts'
import { PlanDetails } from './plan-details.tsx'
import { Sentences } from './sentences.tsx'

type Props = Readonly<{
  plan: Plan | undefined
  budgetUsd: number
  /** The form has changed since this estimate. */
  outdated: boolean
  /** Fields without which there is no estimate. */
  missing: readonly string[]
  trouble: ReactNode
}>

/** What it would cost, before anything is started. */
export const Estimate = ({ plan, budgetUsd, outdated, missing, trouble }: Props) => (
  <Container
    header={
      <Header variant="h2" description={<span role="status">{stateWords(plan, outdated, missing)}</span>}>
        What it would cost
      </Header>
    }
  >
    <SpaceBetween size="l">
      {trouble}
      {plan && <Priced plan={plan} budgetUsd={budgetUsd} />}
    </SpaceBetween>
  </Container>
)

const stateWords = (plan: Plan | undefined, outdated: boolean, missing: readonly string[]): string => {
  if (missing.length > 0) return `Still needed for an estimate: ${missing.join(', ')}.`
  if (outdated) return 'Updating …'
  return plan ? 'Nothing has been created yet.' : 'Nothing to estimate yet.'
}

const Priced = ({ plan, budgetUsd }: { plan: Plan; budgetUsd: number }) => {
  const { estimate, problems, warnings } = plan
  const perGb =
    estimate.lowUsdPerGb === null || estimate.highUsdPerGb === null
      ? '–'
      : dollarRange(estimate.lowUsdPerGb, estimate.highUsdPerGb)
  return (
    <SpaceBetween size="l">
      {problems.length > 0 && (
        <Alert type="error" header="It cannot start like this">
          <Sentences of={problems} />
        </Alert>
      )}
      {warnings.length > 0 && (
        <Alert type="warning">
          <Sentences of={warnings} />
        </Alert>
      )}
      <div className="price-head">
        <div className="price-range">
          {dollarRange(estimate.lowUsd, estimate.highUsd)} <BasisMark basis="estimated" />
        </div>
        <RangeBar
          low={estimate.lowUsd}
          high={estimate.highUsd}
          reserve={plan.reserveUsd}
          budget={budgetUsd}
        />
        <div className="quiet">of a budget of {asBudget(budgetUsd)}</div>
      </div>
      <KeyValuePairs
        columns={2}
        minColumnWidth={150}
        items={[
          { label: '$ per GB (estimated)', value: perGb },
          { label: 'Reserve (estimated)', value: `${dollars(plan.reserveUsd)} kept free of the budget` },
          {
            label: 'Overshoot (estimated)',
            value: `${dollars(plan.overshootUsd)} at worst, if everything fails at once`,
          },
          {
            label: 'Window',
            value: `${dateTime(plan.startAt)}, for ${duration((Date.parse(plan.endAt) - Date.parse(plan.startAt)) / 1000)}`,
          },
        ]}
      />
      <PlainTable
        label="Estimate by cost line"
        columns={[
          { name: 'Cost line (estimated)' },
          { name: 'Low', number: true },
          { name: 'High', number: true },
        ]}
        rows={COST_LINES.map((line) => ({
          key: line,
          cells: [COST_LINE[line].label, dollars(estimate.low[line]), dollars(estimate.high[line])],
        }))}
        foot={['Together', dollars(estimate.lowUsd), dollars(estimate.highUsd)]}
      />
      <PlanDetails plan={plan} />
    </SpaceBetween>
  )
}

type RangeProps = Readonly<{ low: number; high: number; reserve: number; budget: number }>

/** On the scale of the budget: at least, at most, and what the reserve takes at its far end. */
const RangeBar = ({ low, high, reserve, budget }: RangeProps) => {
  const share = (usd: number) => `${Math.min(1, Math.max(0, usd / budget)) * 100}%`
  return (
    <div
      className="bar bar-tall"
      role="img"
      aria-label={`Estimated ${dollarRange(low, high)} of a budget of ${asBudget(budget)}, of which ${dollars(reserve)} is reserved`}
    >
      <div className="bar-reserve bar-end" style={{ width: share(reserve) }} />
      <div className="bar-range" style={{ width: share(high) }} />
      <div className="bar-used" style={{ width: share(low) }} />
    </div>
  )
}
