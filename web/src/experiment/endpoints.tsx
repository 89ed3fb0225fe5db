import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { EndpointTally } from '../../../contract/comparison.ts'
import { quantile, type Sketch } from '../../../contract/sketch.ts'
import type { Reason } from '../../../contract/verdict.ts'
import { count, percent } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'

type Props = Readonly<{
  endpoints: readonly EndpointTally[]
  reasons: readonly Reason[]
  minimumSamples: number
  shown: string
  onShow: (endpoint: string) => void
}>

/** Every endpoint of the traffic, those that speak against the release first. */
export const Endpoints = ({ endpoints, reasons, minimumSamples, shown, onShow }: Props) => {
  const suspects = new Set(
    reasons.flatMap(({ effect, endpoint }) => (effect === 'fail' ? (endpoint ?? []) : [])),
  )
  const sorted = endpoints.toSorted(
    (a, b) => Number(suspects.has(b.endpoint)) - Number(suspects.has(a.endpoint)) || b.compared - a.compared,
  )
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={`Found from the traffic. One with fewer than ${minimumSamples} compared requests is not judged. Drift: answers that differ because the shadow’s data is older, which fails nothing. Times are production’s → the shadow’s, to the first byte of the answer; whole ones to the last.`}
        >
          Endpoints
        </Header>
      }
    >
      <PlainTable
        label="Endpoints"
        columns={[
          { name: 'Endpoint' },
          { name: 'Verdict' },
          { name: 'Compared', number: true },
          { name: 'Differing', number: true },
          { name: 'Drift', number: true },
          { name: 'p50', number: true },
          { name: 'p99', number: true },
          { name: 'Whole, p50', number: true },
        ]}
        rows={sorted.map((one) => ({
          key: one.endpoint,
          cells: [
            <button
              key="name"
              type="button"
              className="endpoint-choice"
              aria-pressed={one.endpoint === shown}
              onClick={() => onShow(one.endpoint)}
            >
              {one.endpoint}
            </button>,
            suspects.has(one.endpoint) ? (
              <span key="verdict" className="bad">
                Fail
              </span>
            ) : one.compared < minimumSamples ? (
              'Too few'
            ) : (
              'Pass'
            ),
            count(one.compared),
            percent(one.compared === 0 ? 0 : (one.differing + one.failed) / one.compared),
            one.drifted === 0 ? '–' : percent(one.drifted / one.compared),
            times(one.production, one.shadow, 0.5),
            times(one.production, one.shadow, 0.99),
            times(one.productionWhole, one.shadowWhole, 0.5),
          ],
        }))}
      />
    </Container>
  )
}

const times = (production: Sketch, shadow: Sketch, q: number): string => {
  const [before, after] = [milliseconds(production, q), milliseconds(shadow, q)]
  return before === null && after === null ? '–' : `${before ?? '–'} → ${after ?? '–'} ms`
}

const milliseconds = (sketch: Sketch, q: number): string | null => {
  const seconds = quantile(sketch, q)
  return seconds === null ? null : (1000 * seconds).toFixed(1)
}
