import './answer.css'
import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import type { Reason, Verdict } from '../../../contract/verdict.ts'
import { count, percent } from '../format.ts'
import { Loading } from '../loading.tsx'
import { PlainTable } from '../plain-table.tsx'
import { comparisonQuery, isActive, verdictQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'
import { JUDGEMENT } from '../words.ts'
import { Coverage } from './coverage.tsx'
import { EndpointDetail } from './endpoint-detail.tsx'
import { Endpoints } from './endpoints.tsx'
import { Export } from './export.tsx'
import { Noise } from './noise.tsx'
import { Records } from './records.tsx'
import { Resources } from './resources.tsx'
import { DeletedEvidence, StoredEvidence } from './stored-evidence.tsx'

/** The verdict, then the endpoints, then what differs at one of them; or that all of it was deleted. */
export const Answer = ({ experiment }: { experiment: Experiment }) =>
  experiment.evidenceDeletion === null ? (
    <Found experiment={experiment} />
  ) : (
    <DeletedEvidence deletion={experiment.evidenceDeletion} />
  )

const Found = ({ experiment }: { experiment: Experiment }) => {
  const live = isActive(experiment)
  const verdict = useQuery(verdictQuery(experiment.id, live))
  const comparison = useQuery(comparisonQuery(experiment.id, live))
  const [chosen, setChosen] = useState<string | null>(null)

  if (verdict.data === undefined || comparison.data === undefined) {
    const error = verdict.error ?? comparison.error
    if (error === null) return <Loading />
    const retry = () => void Promise.all([verdict.refetch(), comparison.refetch()])
    return (
      <Trouble
        error={error}
        what="The verdict could not be read"
        onRetry={retry}
        retrying={verdict.isFetching}
      />
    )
  }
  const { endpoints, samples } = comparison.data
  const suspect = verdict.data.reasons.find(({ endpoint }) => endpoint !== null)?.endpoint
  const shown = endpoints.find(({ endpoint }) => endpoint === (chosen ?? suspect)) ?? endpoints[0]
  return (
    <div className="stack">
      <Judgement verdict={verdict.data} />
      {shown && (
        <>
          <Endpoints
            endpoints={endpoints}
            reasons={verdict.data.reasons}
            minimumSamples={verdict.data.thresholds.minimumSamples}
            shown={shown.endpoint}
            onShow={setChosen}
          />
          <EndpointDetail
            endpoint={shown}
            samples={samples.filter(({ endpoint }) => endpoint === shown.endpoint)}
            shadow={experiment.spec.shadow.url}
          />
        </>
      )}
      <Resources resources={verdict.data.resources} />
      <Noise id={experiment.id} live={live} />
      <Coverage verdict={verdict.data} />
      <StoredEvidence experiment={experiment} />
      <Records experiment={experiment} />
    </div>
  )
}

const Judgement = ({ verdict }: { verdict: Verdict }) => {
  const { outcome, sentence, final, reasons, coverage } = verdict
  const { label, alert } = JUDGEMENT[outcome]
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={<Export id={verdict.experiment} />}
          description={`${count(coverage.compared)} requests compared. ${
            final ? 'This is the last word.' : 'The experiment goes on: this may change.'
          } False alarms: at most 5 in 100 experiments, however often you look.`}
        >
          Verdict
        </Header>
      }
    >
      <Alert type={alert} header={label}>
        {sentence}
      </Alert>
      {reasons.length > 0 && (
        <div className="reasons">
          <PlainTable
            label="Reasons"
            columns={[
              { name: 'Reason' },
              { name: 'Effect' },
              { name: 'Measured', number: true },
              { name: '95 % interval', number: true },
              { name: 'Threshold', number: true },
            ]}
            rows={reasons.map((reason) => ({
              key: `${reason.rule} ${reason.endpoint} ${reason.path}`,
              cells: [
                reason.sentence,
                EFFECT[reason.effect],
                reason.measured ? inUnit(reason, reason.measured.value) : '–',
                reason.measured
                  ? `${inUnit(reason, reason.measured.low)} – ${inUnit(reason, reason.measured.high)}`
                  : '–',
                reason.threshold === null ? '–' : inUnit(reason, reason.threshold),
              ],
            }))}
          />
        </div>
      )}
    </Container>
  )
}

const EFFECT: Readonly<Record<Reason['effect'], string>> = {
  fail: 'Fails it',
  inconclusive: 'Leaves open',
  informs: 'Informs',
}

const inUnit = ({ rule }: Reason, value: number): string =>
  rule === 'latency' || rule === 'slower-everywhere' ? `${value.toFixed(1)} ms` : percent(Math.max(0, value))
