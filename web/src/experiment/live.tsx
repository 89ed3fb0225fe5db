import AreaChart from '@cloudscape-design/components/area-chart'
import LineChart from '@cloudscape-design/components/line-chart'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import { REQUEST_LOSS } from '../../../contract/loss.ts'
import type { MeterPoint } from '../../../contract/meter.ts'
import type { Basis } from '../../../contract/money.ts'
import { bytes, dollars, dollarTick, perSecond } from '../format.ts'
import { Loading } from '../loading.tsx'
import { isActive, meterQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'
import { REQUEST_OUTCOME } from '../words.ts'
import { ChartContainer, fromZero, highest, highestSum, timeChart } from './chart.tsx'
import { Gaps } from './gaps.tsx'
import { Health } from './health.tsx'
import { ProbeCard } from './probe-card.tsx'
import { HeldBack, Requests, ShadowResults } from './requests.tsx'
import { dollarsPerGigabyte, gigabytes, lossRates, requestRates, thin } from './series.ts'
import { SpendChart } from './spend-chart.tsx'

/** More than a chart has pixels for helps nobody. */
const POINTS_SHOWN = 240

export const Live = ({ experiment }: { experiment: Experiment }) => {
  const { id, phase, spec, spend, requests } = experiment
  const query = meterQuery(useQueryClient(), id, isActive(experiment))
  const { data, error, refetch, isFetching } = useQuery(query)
  useEffect(() => {
    // the last point is written after the last look
    if (phase === 'ended') void refetch()
  }, [phase, refetch])
  const points = useMemo(() => thin(data ?? [], POINTS_SHOWN), [data])

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
  return (
    <div className="stack">
      <ProbeCard experiment={experiment} />
      <div className="charts">
        <SpendChart points={points} budgetUsd={spec.budgetUsd} basis={spend.basis} />
        <PerGigabyteChart points={points} basis={spend.basis} />
        <VolumeChart points={points} />
        <RequestChart points={points} />
        <LossChart points={points} received={requests.received} />
        <ShadowResults requests={requests} />
      </div>
      <Gaps gaps={experiment.gaps} cut={experiment.cutConnections} leftOut={experiment.leftOutPackets} />
      <Requests requests={requests} />
      <HeldBack heldBack={experiment.heldBack} />
      <Health health={experiment.health} />
    </div>
  )
}

type ChartProps = Readonly<{ points: readonly MeterPoint[] }>

/** Begun hours are owed whole, so the first figures are high and would flatten all that follow. */
const TIMES_LAST = 4

const PerGigabyteChart = ({ points, basis }: ChartProps & { basis: Basis }) => {
  const data = dollarsPerGigabyte(points)
  const limit = (data.at(-1)?.y ?? 0) * TIMES_LAST
  const top = highest(data)
  const cut = top > limit ? ` The scale ends at ${dollars(limit)}; it began at ${dollars(top)}.` : ''
  return (
    <ChartContainer
      title="$ per GB"
      description={`Spend so far ÷ GB so far, ${basis}. It falls while begun hours are used up.${cut}`}
    >
      <LineChart<Date>
        {...timeChart(points)}
        ariaLabel="Dollars per mirrored gigabyte over time"
        yTitle={`US dollars per GB, ${basis}`}
        yDomain={cut === '' ? fromZero(top) : [0, limit]}
        series={line('$ per GB', data, dollars, 'var(--chart-2)')}
        yTickFormatter={dollarTick}
        hideLegend
      />
    </ChartContainer>
  )
}

const VolumeChart = ({ points }: ChartProps) => {
  const data = gigabytes(points)
  return (
    <ChartContainer title="Mirrored" description="Bytes of mirrored packets that the gateways received.">
      <AreaChart<Date>
        {...timeChart(points)}
        ariaLabel="Mirrored bytes over time"
        yTitle="Bytes so far"
        yDomain={fromZero(highest(data))}
        series={
          data.length === 0
            ? []
            : [{ type: 'area', title: 'Mirrored', color: 'var(--chart-3)', data, valueFormatter: asBytes }]
        }
        yTickFormatter={asBytes}
        hideLegend
      />
    </ChartContainer>
  )
}

const RequestChart = ({ points }: ChartProps) => {
  const series = requestRates(points)
  return (
    <ChartContainer title="Requests" description="All that the gateways received, by what became of them.">
      <AreaChart<Date>
        {...timeChart(points)}
        ariaLabel="Requests per second by what became of them"
        yTitle="Requests per second"
        yDomain={fromZero(highestSum(series.map(({ data }) => data)))}
        series={series
          .filter(({ data }) => data.length > 0)
          .map(({ outcome, data }) => ({
            type: 'area' as const,
            title: REQUEST_OUTCOME[outcome].label,
            color: REQUEST_OUTCOME[outcome].color,
            data,
            valueFormatter: perSecond,
          }))}
        yTickFormatter={perSecond}
        detailTotalFormatter={perSecond}
      />
    </ChartContainer>
  )
}

const LOSS_COLORS = ['var(--chart-6)', 'var(--chart-7)', 'var(--chart-4)', 'var(--chart-2)', 'var(--chart-3)']

const LossChart = ({ points, received }: ChartProps & { received: number }) => {
  const series = lossRates(points)
  return (
    <ChartContainer
      title="Lost requests"
      description="They should have reached the shadow and did not, by reason."
    >
      {series.length === 0 ? (
        <div className="nothing quiet">
          {received === 0 ? 'No request received yet.' : 'No request has been lost.'}
        </div>
      ) : (
        <LineChart<Date>
          {...timeChart(points)}
          ariaLabel="Lost requests per second by reason"
          yTitle="Lost per second"
          yDomain={fromZero(highest(...series.map(({ data }) => data)))}
          series={series.flatMap(({ reason, data }, index) =>
            line(REQUEST_LOSS[reason], data, perSecond, LOSS_COLORS[index % LOSS_COLORS.length]),
          )}
          yTickFormatter={perSecond}
        />
      )}
    </ChartContainer>
  )
}

const asBytes = (gb: number): string => bytes(Math.round(gb * 1e9))

const line = (
  title: string,
  data: readonly { x: Date; y: number }[],
  valueFormatter: (y: number) => string,
  color?: string,
) =>
  data.length === 0 ? [] : [{ type: 'line' as const, title, data, valueFormatter, ...(color && { color }) }]
