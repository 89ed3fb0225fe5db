import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { REQUEST_LOSS } from '../../../contract/loss.ts'
import type { RequestCounts, RequestReason } from '../../../contract/traffic.ts'
import { count, percent } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { REQUEST_OUTCOME, REQUEST_OUTCOMES, SHADOW_RESULT, SHADOW_RESULTS } from '../words.ts'

/** Where every received request went; the parts add up to the whole. */
export const Requests = ({ requests }: { requests: RequestCounts }) => {
  const rows = REQUEST_OUTCOMES.flatMap((outcome) => {
    const { label, color, meaning } = REQUEST_OUTCOME[outcome]
    const n = requests[outcome]
    return [
      {
        key: outcome,
        cells: [
          <span key="name">
            <span className="swatch" style={{ background: color }} aria-hidden="true" />
            {label} <span className="quiet">{meaning}</span>
          </span>,
          count(n),
          part(n, requests.received),
        ],
      },
      ...reasonsOf(requests, outcome).map(([reason, of]) => ({
        key: reason,
        sub: true,
        cells: [REQUEST_LOSS[reason], count(of), part(of, requests.received)],
      })),
    ]
  })

  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Each request is counted once; the parts add up to what was received. Incomplete and dropped ones are the losses."
        >
          Where the requests went
        </Header>
      }
    >
      <PlainTable
        label="Requests by what became of them"
        columns={[{ name: 'Request' }, { name: 'Number', number: true }, { name: 'Share', number: true }]}
        rows={rows}
        foot={['Received', count(requests.received), part(requests.received, requests.received)]}
      />
    </Container>
  )
}

/** Writes that did not reach the shadow, by endpoint: what a spec could declare as reads, or allow. */
export const HeldBack = ({ heldBack }: { heldBack: Readonly<Record<string, number>> }) => {
  const rows = Object.entries(heldBack).sort(([, a], [, b]) => b - a)
  if (rows.length === 0) return null
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Declare reads over POST in requests.select.reads or graphql, or allow some in requests.select.writes."
        >
          Writes that were held back
        </Header>
      }
    >
      <PlainTable
        label="Writes that were held back, by endpoint"
        columns={[{ name: 'Endpoint' }, { name: 'Number', number: true }]}
        rows={rows.map(([endpoint, n]) => ({
          key: endpoint,
          cells: [
            <span className="mono" key="endpoint">
              {endpoint}
            </span>,
            count(n),
          ],
        }))}
      />
    </Container>
  )
}

export const ShadowResults = ({ requests }: { requests: RequestCounts }) => {
  const results = SHADOW_RESULTS.filter((result) => (requests.shadow[result] ?? 0) > 0)
  return (
    <Container
      fitHeight
      header={
        <Header variant="h2" description="What it did with the requests that were forwarded.">
          The shadow’s answers
        </Header>
      }
    >
      {results.length === 0 ? (
        <div className="nothing quiet">Nothing has been answered yet.</div>
      ) : (
        <PlainTable
          label="The shadow’s answers"
          columns={[{ name: 'Answer' }, { name: 'Number', number: true }, { name: 'Share', number: true }]}
          rows={results.map((result) => ({
            key: result,
            cells: [
              <StatusIndicator key="label" type={SHADOW_RESULT[result].status}>
                {SHADOW_RESULT[result].label}
              </StatusIndicator>,
              count(requests.shadow[result] ?? 0),
              part(requests.shadow[result] ?? 0, requests.forwarded),
            ],
          }))}
        />
      )}
    </Container>
  )
}

const part = (n: number, of: number): string => (of === 0 ? '–' : percent(n / of))

const reasonsOf = (requests: RequestCounts, outcome: string): [RequestReason, number][] =>
  (Object.entries(requests.reasons) as [RequestReason, number][])
    .filter(([reason, n]) => reason.startsWith(`${outcome}.`) && n > 0)
    .sort((a, b) => b[1] - a[1])
