import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import LineChart from '@cloudscape-design/components/line-chart'
import type { DifferenceTally, EndpointTally, Sample } from '../../../contract/comparison.ts'
import { count, millisecondTick, percent } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { DIFFERENCE } from '../words.ts'
import { ChartContainer, fromZero, highest } from './chart.tsx'
import { distributions } from './distribution.ts'
import { Examples } from './examples.tsx'

/** What differs at one endpoint, how often production differs from itself there, how long both take, and examples. */
export const EndpointDetail = ({
  endpoint,
  samples,
  shadow,
}: {
  endpoint: EndpointTally
  samples: readonly Sample[]
  /** Its address. */
  shadow: string
}) => {
  const differences = commonestFirst(endpoint.differences)
  return (
    <>
      <div className="charts">
        <Latencies endpoint={endpoint} />
        <Statuses endpoint={endpoint} />
      </div>
      <Differences endpoint={endpoint} differences={differences} />
      {samples.length > 0 && <Examples samples={inOrderOf(differences, samples)} shadow={shadow} />}
    </>
  )
}

const commonestFirst = (differences: readonly DifferenceTally[]): DifferenceTally[] =>
  differences.toSorted((a, b) => b.count - a.count || b.shaped - a.shaped)

/** Examples of the commonest difference first, those that were only slower last. */
const inOrderOf = (differences: readonly DifferenceTally[], samples: readonly Sample[]): Sample[] => {
  const places = new Map(differences.map(({ kind, path }, place) => [`${kind} ${path}`, place]))
  const placeOf = ({ kind, path }: Sample): number => places.get(`${kind} ${path}`) ?? differences.length
  return samples.toSorted((a, b) => placeOf(a) - placeOf(b) || a.rank - b.rank)
}

const Latencies = ({ endpoint }: { endpoint: EndpointTally }) => {
  const { production, shadow, control } = distributions(endpoint)
  return (
    <ChartContainer
      title={`How long ${endpoint.endpoint} takes`}
      description="Production by capture, shadow and control by the gateway that sends: last byte of the request to first of the answer."
    >
      <LineChart<number>
        ariaLabel="Distribution of latency, production and shadow"
        xScaleType="log"
        xTitle="Milliseconds"
        yTitle="Share of requests"
        height={200}
        hideFilter
        yDomain={fromZero(highest(production, shadow, control))}
        yTickFormatter={percent}
        xTickFormatter={millisecondTick}
        series={[
          {
            type: 'line',
            title: 'Production',
            data: production,
            color: 'var(--chart-1)',
            valueFormatter: percent,
          },
          { type: 'line', title: 'Shadow', data: shadow, color: 'var(--chart-2)', valueFormatter: percent },
          ...(control.length > 0
            ? [
                {
                  type: 'line' as const,
                  title: 'Control',
                  data: control,
                  color: 'var(--chart-4)',
                  valueFormatter: percent,
                },
              ]
            : []),
        ]}
        empty={<div className="nothing quiet">Nothing measured yet.</div>}
      />
    </ChartContainer>
  )
}

const Statuses = ({ endpoint }: { endpoint: EndpointTally }) => (
  <Container
    fitHeight
    header={
      <Header variant="h2" description="What both answered to the same request.">
        Statuses
      </Header>
    }
  >
    <PlainTable
      label="Statuses of both"
      columns={[
        { name: 'Production' },
        { name: 'Shadow' },
        { name: 'Number', number: true },
        { name: 'Share', number: true },
      ]}
      rows={Object.entries(endpoint.statuses)
        .sort((a, b) => b[1] - a[1])
        .map(([pair, n]) => {
          const [production = '', shadow = ''] = pair.split('>')
          return {
            key: pair,
            cells: [
              production,
              <span key="shadow" className={production === shadow ? undefined : 'bad'}>
                {shadow === 'failed' ? 'no answer' : shadow}
              </span>,
              count(n),
              percent(n / endpoint.compared),
            ],
          }
        })}
    />
  </Container>
)

const Differences = ({
  endpoint: { compared, controlled, repeated },
  differences,
}: {
  endpoint: EndpointTally
  differences: readonly DifferenceTally[]
}) => {
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={`By chance: in how many of ${controlled > 0 ? `the control’s ${count(controlled)} answers` : `production’s own ${count(repeated)} repeated answers`} it was found too. Volatile: only times, ids or signatures differ, which counts for nothing. Drift: the shadow’s data is older there.`}
        >
          Differences
        </Header>
      }
    >
      {differences.length === 0 ? (
        <div className="quiet">Every answer was the same.</div>
      ) : (
        <PlainTable
          label="Differences"
          columns={[
            { name: 'Where' },
            { name: 'What' },
            { name: 'Number', number: true },
            { name: 'Share', number: true },
            { name: 'By chance', number: true },
            { name: 'Volatile', number: true },
            { name: 'Drift', number: true },
          ]}
          rows={differences.map(({ kind, path, count: n, controls, repeats, shaped, drifted }) => ({
            key: `${kind} ${path}`,
            cells: [
              <code key="path">{path}</code>,
              DIFFERENCE[kind],
              count(n),
              percent(compared === 0 ? 0 : n / compared),
              chance(controlled > 0 ? controls : repeats, controlled > 0 ? controlled : repeated),
              count(shaped),
              count(drifted),
            ],
          }))}
        />
      )}
    </Container>
  )
}

const chance = (hits: number, samples: number): string => (samples === 0 ? '–' : percent(hits / samples))
