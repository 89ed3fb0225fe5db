import AreaChart from '@cloudscape-design/components/area-chart'
import LineChart from '@cloudscape-design/components/line-chart'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import { bytes, dollars, perSecond } from '../format.ts'
import { Loading } from '../loading.tsx'
import { isActive, meterQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'
import { COST_LINE, REASON, REQUEST_OUTCOME } from '../words.ts'
import { ChartContainer, timeChart } from './chart.tsx'
import { Requests } from './requests.tsx'
import { dollarsPerGigabyte, gigabytes, lossRates, requestRates, spendByLine, thin } from './series.ts'

/** More than a chart has pixels for helps nobody. */
const POINTS_SHOWN = 240

export const Live = ({ experiment }: { experiment: Experiment }) => {
  const client = useQueryClient()
  const { phase, spec } = experiment
  const { data, error, refetch, isFetching } = useQuery(
    meterQuery(client, experiment.id, isActive(experiment)),
  )
  useEffect(() => {
    // the last point is written after the last look
    if (phase === 'ended') void refetch()
  }, [phase, refetch])

  const shown = useMemo(() => {
    const points = thin(data ?? [], POINTS_SHOWN)
    return {
      spend: spendByLine(points),
      volume: gigabytes(points),
      perGb: dollarsPerGigabyte(points),
      requests: requestRates(points),
      losses: lossRates(points),
      time: timeChart(...ends(points)),
    }
  }, [data])

  if (data === undefined) {
    if (error === null) return <Loading />
    return (
      <Trouble
        error={error}
        what="The meter could not be read"
        onRetry={() => void refetch()}
        retrying={isFetching}
      />
    )
  }
  const ys = shown.perGb.map(({ y }) => y)
  const steep = ys.length > 1 && Math.max(...ys) > 20 * Math.min(...ys)

  return (
    <div className="stack">
      <div className="charts">
        <ChartContainer
          title="Spend"
          description={`By cost line, ${experiment.spend.basis}; begun session-hours count whole`}
        >
          <AreaChart<Date>
            {...shown.time}
            ariaLabel="Spend by cost line over time, with the budget"
            series={[
              ...shown.spend.map(({ line, data: points }) => ({
                type: 'area' as const,
                title: COST_LINE[line].label,
                color: COST_LINE[line].color,
                data: points,
                valueFormatter: dollars,
              })),
              ...(shown.spend.length === 0
                ? []
                : [
                    {
                      type: 'threshold' as const,
                      title: 'Budget',
                      y: spec.budgetUsd,
                      color: 'var(--chart-7)',
                      valueFormatter: dollars,
                    },
                  ]),
            ]}
            yTickFormatter={dollars}
            detailTotalFormatter={dollars}
          />
        </ChartContainer>
        <ChartContainer
          title="$ per GB"
          description={`Spend so far ÷ GB so far, ${experiment.spend.basis}${steep ? ', logarithmic' : ''}; it falls while begun hours are used up`}
        >
          <LineChart<Date>
            {...shown.time}
            ariaLabel="Dollars per mirrored gigabyte over time"
            yScaleType={steep ? 'log' : 'linear'}
            series={line('$ per GB', shown.perGb, dollars, 'var(--chart-2)')}
            yTickFormatter={dollars}
            hideLegend
          />
        </ChartContainer>
        <ChartContainer
          title="Requests per second"
          description="Everything the gateways received, by what became of it"
        >
          <AreaChart<Date>
            {...shown.time}
            ariaLabel="Requests per second by what became of them"
            series={shown.requests.map(({ outcome, data: points }) => ({
              type: 'area' as const,
              title: REQUEST_OUTCOME[outcome].label,
              color: REQUEST_OUTCOME[outcome].color,
              data: points,
              valueFormatter: perSecond,
            }))}
            yTickFormatter={perSecond}
            detailTotalFormatter={perSecond}
          />
        </ChartContainer>
        <ChartContainer
          title="Lost per second"
          description="Requests that should have reached the shadow and did not, by reason"
        >
          <LineChart<Date>
            {...shown.time}
            ariaLabel="Lost requests per second by reason"
            series={shown.losses.flatMap(({ reason, data: points }) =>
              line(REASON[reason], points, perSecond),
            )}
            yTickFormatter={perSecond}
            empty={
              <div className="quiet">
                {experiment.requests.received === 0
                  ? 'No request received yet.'
                  : 'No request has been lost.'}
              </div>
            }
          />
        </ChartContainer>
        <ChartContainer title="Mirrored" description="Bytes of mirrored packets that the gateways received">
          <AreaChart<Date>
            {...shown.time}
            ariaLabel="Mirrored bytes over time"
            series={
              shown.volume.length === 0
                ? []
                : [
                    {
                      type: 'area',
                      title: 'Mirrored',
                      color: 'var(--chart-3)',
                      data: shown.volume,
                      valueFormatter: asBytes,
                    },
                  ]
            }
            yTickFormatter={asBytes}
            hideLegend
          />
        </ChartContainer>
        <Requests requests={experiment.requests} />
      </div>
    </div>
  )
}

const asBytes = (gb: number): string => bytes(Math.round(gb * 1e9))

const ends = (points: readonly { at: string }[]): [Date | undefined, Date | undefined] => {
  const first = points[0]
  const last = points.at(-1)
  return first && last && first !== last ? [new Date(first.at), new Date(last.at)] : [undefined, undefined]
}

const line = (
  title: string,
  data: readonly { x: Date; y: number }[],
  valueFormatter: (y: number) => string,
  color?: string,
) =>
  data.length === 0 ? [] : [{ type: 'line' as const, title, data, valueFormatter, ...(color && { color }) }]
