import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import { dayTime, time } from '../format.ts'

type Props = Readonly<{ title: string; description: ReactNode; children: ReactNode }>

export const ChartContainer = ({ title, description, children }: Props) => (
  <Container
    fitHeight
    header={
      <Header variant="h2" description={description}>
        {title}
      </Header>
    }
  >
    {children}
  </Container>
)

/** What every chart over time shares. */
export const timeChart = (from: Date | undefined, to: Date | undefined) => {
  const wide = from && to && to.getTime() - from.getTime() > 86_400_000
  return {
    xScaleType: 'time',
    xTitle: '',
    yTitle: '',
    ...(from && to && { xDomain: [from, to] }),
    height: 210,
    hideFilter: true,
    xTickFormatter: wide ? dayTime : time,
    empty: (
      <Box textAlign="center" color="text-body-secondary" padding="l">
        Nothing metered yet. The first point comes with the first look at the meter.
      </Box>
    ),
    i18nStrings: { xAxisAriaRoleDescription: 'time axis', chartAriaRoleDescription: 'chart' },
  } as const
}
