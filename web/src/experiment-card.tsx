import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Link from '@cloudscape-design/components/link'
import type { Experiment } from '../../contract/experiment.ts'
import { BasisMark } from './basis-mark.tsx'
import { budget, bytes, count, dollars } from './format.ts'
import { PhaseIndicator } from './phase-indicator.tsx'
import { toExperiment } from './router.ts'
import { SpendBar } from './spend-bar.tsx'
import { TimeLeft } from './time-left.tsx'

/** A row of the list where there is no room for a table. */
export const ExperimentCard = ({ experiment }: { experiment: Experiment }) => {
  const { id, spec, phase, spend, forecastUsd, volume, usdPerGb, requests } = experiment
  return (
    <Container
      header={
        <Header variant="h2" description={<PhaseIndicator {...experiment} />}>
          <Link href={toExperiment(id)} fontSize="inherit">
            {spec.name}
          </Link>
        </Header>
      }
    >
      <div className="spend">
        <div>
          {dollars(spend.totalUsd)} <span className="quiet">of {budget(spec.budgetUsd)}</span>{' '}
          <BasisMark basis={spend.basis} />
        </div>
        <SpendBar
          spend={spend}
          budgetUsd={spec.budgetUsd}
          forecastUsd={phase === 'ended' ? null : forecastUsd}
        />
      </div>
      <KeyValuePairs
        columns={2}
        minColumnWidth={120}
        items={[
          { label: 'Time left', value: <TimeLeft experiment={experiment} /> },
          { label: 'Mirrored', value: bytes(volume.bytes) },
          { label: `$ per GB (${spend.basis})`, value: usdPerGb === null ? '–' : dollars(usdPerGb) },
          { label: 'Forwarded', value: count(requests.forwarded) },
        ]}
      />
    </Container>
  )
}
