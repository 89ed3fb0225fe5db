import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useQuery } from '@tanstack/react-query'
import type { Experiment } from '../../../contract/experiment.ts'
import { BasisMark } from '../basis-mark.tsx'
import { bytes, dollars } from '../format.ts'
import { Loading } from '../loading.tsx'
import { PlainTable } from '../plain-table.tsx'
import { reconciliationQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'

/** What was metered, beside what the load balancer counted and what AWS billed. */
export const ReconciliationCard = ({ experiment: { id } }: { experiment: Experiment }) => {
  const { data, error, refetch, isFetching } = useQuery(reconciliationQuery(id))
  if (error)
    return (
      <Trouble
        error={error}
        what="It could not be compared"
        onRetry={() => void refetch()}
        retrying={isFetching}
      />
    )
  if (data === undefined) return <Loading />
  const { metered, processed, billed, notes } = data
  return (
    <Container
      header={
        <Header variant="h2" description="The meter, the load balancer’s own count, and AWS’s bill">
          Does it agree?
        </Header>
      }
    >
      <PlainTable
        label="Metered, processed and billed"
        columns={[
          { name: 'Who says so' },
          { name: 'Bytes', number: true },
          { name: 'Dollars', number: true },
          { name: 'Figure' },
          { name: 'In words' },
        ]}
        rows={[
          {
            key: 'metered',
            cells: [
              'This experiment’s meter',
              bytes(metered.bytes),
              dollars(metered.totalUsd),
              <BasisMark key="basis" basis={metered.basis} />,
              `${dollars(metered.sessionsUsd)} of it for mirror sessions`,
            ],
          },
          {
            key: 'processed',
            cells: [
              'The load balancer (CloudWatch)',
              processed === null ? '–' : bytes(processed.bytes),
              '–',
              <BasisMark key="basis" basis="metered" />,
              processed?.says ?? 'No count',
            ],
          },
          {
            key: 'billed',
            cells: [
              'AWS (Cost Explorer)',
              '–',
              billed === null ? '–' : dollars(billed.totalUsd),
              <BasisMark key="basis" basis="billed" />,
              billed === null
                ? 'No bill yet'
                : `${billed.says}${billed.final ? '' : ' AWS may still change it.'}`,
            ],
          },
        ]}
      />
      {notes.map((note) => (
        <div className="field-note" key={note}>
          {note}
        </div>
      ))}
    </Container>
  )
}
