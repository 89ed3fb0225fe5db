import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useQuery } from '@tanstack/react-query'
import type { Experiment } from '../../../contract/experiment.ts'
import { BasisMark } from '../basis-mark.tsx'
import { ExperimentCard } from '../experiment-card.tsx'
import { budget, bytes, count, dollars } from '../format.ts'
import { Page } from '../page.tsx'
import { PhaseIndicator } from '../phase-indicator.tsx'
import { experimentsQuery } from '../queries.ts'
import { toExperiment, toSchedules, toSpend, toStart } from '../router.ts'
import { SpendBar } from '../spend-bar.tsx'
import { TimeLeft } from '../time-left.tsx'
import { useTokenPages } from '../token-pages.tsx'
import { Trouble } from '../trouble.tsx'
import { useNarrow } from '../viewport.ts'

export const ExperimentsPage = () => {
  const { token, pagination } = useTokenPages({
    list: 'Pages of experiments',
    next: 'Older experiments',
    previous: 'Newer experiments',
  })
  const { data, error, isPending, isPlaceholderData, isFetching, refetch, dataUpdatedAt } = useQuery(
    experimentsQuery(token),
  )
  const narrow = useNarrow()
  const pages = pagination(isPlaceholderData ? null : (data?.nextToken ?? null))
  const experiments = data?.experiments ?? []

  return (
    <Page
      title="Experiments"
      breadcrumb={false}
      description="Real production traffic, copied to a shadow environment, for a bounded window and a bounded bill."
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button href={toSpend}>Spend</Button>
          <Button href={toSchedules}>Schedules</Button>
          <Button variant="primary" href={toStart}>
            Start an experiment
          </Button>
        </SpaceBetween>
      }
    >
      {error && (
        <Trouble
          error={error}
          what={data ? 'The experiments are not updating' : 'The experiments could not be read'}
          onRetry={() => void refetch()}
          retrying={isFetching}
          {...(data && { shownSince: dataUpdatedAt })}
        />
      )}
      {(data || !error) &&
        (narrow && experiments.length > 0 ? (
          experiments.map((experiment) => <ExperimentCard key={experiment.id} experiment={experiment} />)
        ) : (
          <Table
            items={experiments}
            columnDefinitions={COLUMNS}
            trackBy="id"
            variant="container"
            wrapLines
            loading={isPending}
            loadingText="Reading experiments"
            empty={<Empty />}
            ariaLabels={{ tableLabel: 'Experiments, the newest first' }}
            enableKeyboardNavigation
          />
        ))}
      {pages && <div className="pages">{pages}</div>}
    </Page>
  )
}

const Empty = () => (
  <Box textAlign="center" padding={{ vertical: 'xl' }}>
    <Box variant="h2" padding={{ bottom: 'xs' }}>
      No experiment yet
    </Box>
    <Box variant="p" color="text-body-secondary" padding={{ bottom: 'm' }}>
      An experiment copies production’s requests to your next release. Production is never touched, and you
      see the price before it starts.
    </Box>
    <Button href={toStart}>Start an experiment</Button>
  </Box>
)

const COLUMNS: TableProps.ColumnDefinition<Experiment>[] = [
  {
    id: 'name',
    header: 'Name',
    isRowHeader: true,
    minWidth: 190,
    cell: ({ id, spec }) => <Link href={toExperiment(id)}>{spec.name}</Link>,
  },
  { id: 'phase', header: 'Phase', minWidth: 150, cell: (experiment) => <PhaseIndicator {...experiment} /> },
  {
    id: 'time',
    header: 'Time left',
    minWidth: 130,
    cell: (experiment) => <TimeLeft experiment={experiment} />,
  },
  {
    id: 'spend',
    header: 'Spend of budget',
    minWidth: 190,
    cell: ({ spend, spec, phase, forecastUsd }) => (
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
    ),
  },
  { id: 'gb', header: 'Mirrored', minWidth: 100, cell: ({ volume }) => bytes(volume.bytes) },
  {
    id: 'usd-per-gb',
    header: '$ per GB',
    minWidth: 100,
    cell: ({ usdPerGb, spend }) =>
      usdPerGb === null ? (
        '–'
      ) : (
        <>
          {dollars(usdPerGb)} <BasisMark basis={spend.basis} />
        </>
      ),
  },
  {
    id: 'forwarded',
    header: 'Forwarded',
    minWidth: 110,
    cell: ({ requests }) => (
      <span title={`${count(requests.received)} received`}>{count(requests.forwarded)}</span>
    ),
  },
]
