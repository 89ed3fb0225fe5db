import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import { dayTime, time } from '../format.ts'
import type { Datum } from './series.ts'

type Props = Readonly<{ title: string; description: ReactNode; actions?: ReactNode; children: ReactNode }>

export const ChartContainer = ({ title, description, actions, children }: Props) => (
  <Container
    fitHeight
    header={
      <Header variant="h2" description={description} actions={actions}>
        {title}
      </Header>
    }
  >
    {children}
  </Container>
)

const DAY_MS = 86_400_000

/** What every chart over time shares. */
export const timeChart = (points: readonly { at: string }[]) => {
  const first = new Date(points[0]?.at ?? 0)
  const last = new Date(points.at(-1)?.at ?? 0)
  return {
    xScaleType: 'time',
    ...(last > first && { xDomain: [first, last] }),
    height: 200,
    hideFilter: true,
    xTickFormatter: last.getTime() - first.getTime() > DAY_MS ? dayTime : time,
    empty: (
      <Box textAlign="center" color="text-body-secondary" padding="l">
        Nothing metered yet.
      </Box>
    ),
    i18nStrings: {
      chartAriaRoleDescription: 'chart',
      xAxisAriaRoleDescription: 'time',
      yAxisAriaRoleDescription: 'scale',
    },
  } as const
}

/** From zero to a little above the highest value, so that areas can be compared by eye. */
export const fromZero = (top: number): [number, number] => [0, top > 0 ? top * 1.08 : 1]

export const highest = (...series: readonly (readonly Pick<Datum, 'y'>[])[]): number =>
  Math.max(0, ...series.map((data) => data.reduce((top, { y }) => Math.max(top, y), 0)))

/** The highest stack of series that share their points in time. */
export const highestSum = (series: readonly (readonly Datum[])[]): number =>
  (series[0] ?? []).reduce(
    (top, _, index) =>
      Math.max(
        top,
        series.reduce((sum, data) => sum + (data[index]?.y ?? 0), 0),
      ),
    0,
  )
