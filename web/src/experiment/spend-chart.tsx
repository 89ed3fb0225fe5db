import AreaChart from '@cloudscape-design/components/area-chart'
import Toggle from '@cloudscape-design/components/toggle'
import { useState } from 'react'
import type { MeterPoint } from '../../../contract/meter.ts'
import type { Basis } from '../../../contract/money.ts'
import { budget, dollars, dollarTick } from '../format.ts'
import { COST_LINE } from '../words.ts'
import { ChartContainer, fromZero, highestSum, timeChart } from './chart.tsx'
import { spendByLine } from './series.ts'

/** Below this share of the budget the cost lines are hard to tell apart on the budget’s scale. */
const SMALL = 0.4

type Props = Readonly<{ points: readonly MeterPoint[]; budgetUsd: number; basis: Basis }>

export const SpendChart = ({ points, budgetUsd, basis }: Props) => {
  const [closer, setCloser] = useState(false)
  const lines = spendByLine(points)
  const top = highestSum(lines.map(({ data }) => data))
  const small = top > 0 && top < budgetUsd * SMALL
  const withBudget = !(small && closer)

  return (
    <ChartContainer
      title="Spend"
      description={`By cost line, ${basis}. Begun session-hours count whole.`}
      actions={
        small && (
          <Toggle checked={closer} onChange={({ detail }) => setCloser(detail.checked)}>
            Without budget
          </Toggle>
        )
      }
    >
      <AreaChart<Date>
        {...timeChart(points)}
        ariaLabel="Spend by cost line over time, with the budget"
        yTitle={`US dollars, ${basis}`}
        yDomain={fromZero(withBudget ? Math.max(top, budgetUsd) : top)}
        series={[
          ...lines.map(({ line, data }) => ({
            type: 'area' as const,
            title: COST_LINE[line].label,
            color: COST_LINE[line].color,
            data,
            valueFormatter: dollars,
          })),
          ...(lines.length > 0 && withBudget
            ? [
                {
                  type: 'threshold' as const,
                  title: `Budget ${budget(budgetUsd)}`,
                  y: budgetUsd,
                  color: 'var(--chart-7)',
                  valueFormatter: dollars,
                },
              ]
            : []),
        ]}
        yTickFormatter={dollarTick}
        detailTotalFormatter={dollars}
      />
    </ChartContainer>
  )
}
