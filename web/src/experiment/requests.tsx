import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { RequestCounts, RequestReason } from '../../../contract/traffic.ts'
import { count, percent } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { REASON, REQUEST_OUTCOME, REQUEST_OUTCOMES, SHADOW_RESULT, SHADOW_RESULTS } from '../words.ts'

/** Where every received request went; the parts add up to the whole. */
export const Requests = ({ requests }: { requests: RequestCounts }) => {
  const part = (n: number, of: number) => (of === 0 ? '–' : percent(n / of))
  const rows = REQUEST_OUTCOMES.flatMap((outcome) => {
    const { label, color, meaning } = REQUEST_OUTCOME[outcome]
    const n = requests[outcome]
    return [
      {
        key: outcome,
        cells: [
          <span key="name" title={meaning}>
            <span className="swatch" style={{ background: color }} aria-hidden="true" />
            {label}
          </span>,
          count(n),
          part(n, requests.received),
        ],
      },
      ...reasonsOf(requests, outcome).map(([reason, of]) => ({
        key: reason,
        sub: true,
        cells: [REASON[reason], count(of), part(of, requests.received)],
      })),
    ]
  })
  const answers = SHADOW_RESULTS.filter((result) => (requests.shadow[result] ?? 0) > 0)

  return (
    <Container
      fitHeight
      header={
        <Header
          variant="h2"
          description="Each request is counted once; the parts add up to what was received"
        >
          Where the requests went
        </Header>
      }
    >
      <div className="stack">
        <PlainTable
          label="Requests by what became of them"
          columns={[{ name: 'Request' }, { name: 'Number', number: true }, { name: 'Share', number: true }]}
          rows={rows}
          foot={['Received', count(requests.received), part(requests.received, requests.received)]}
        />
        <PlainTable
          label="What the shadow answered"
          columns={[
            { name: 'What the shadow did' },
            { name: 'Number', number: true },
            { name: 'Share', number: true },
          ]}
          rows={
            answers.length === 0
              ? [{ key: 'none', cells: ['Nothing forwarded has been answered yet', '–', '–'] }]
              : answers.map((result) => ({
                  key: result,
                  cells: [
                    SHADOW_RESULT[result].label,
                    count(requests.shadow[result] ?? 0),
                    part(requests.shadow[result] ?? 0, requests.forwarded),
                  ],
                }))
          }
        />
      </div>
    </Container>
  )
}

const reasonsOf = (requests: RequestCounts, outcome: string): [RequestReason, number][] =>
  (Object.entries(requests.reasons) as [RequestReason, number][])
    .filter(([reason, n]) => reason.startsWith(`${outcome}.`) && n > 0)
    .sort((a, b) => b[1] - a[1])
