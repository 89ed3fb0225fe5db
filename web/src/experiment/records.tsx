import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Pagination from '@cloudscape-design/components/pagination'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import type { StoredRecord } from '../../../contract/stored-record.ts'
import { bytes, count, dateTime } from '../format.ts'
import { useMay } from '../may.ts'
import { PlainTable } from '../plain-table.tsx'
import { isActive, recordsQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'
import { DeleteRecordsModal, ReadRecordModal } from './record-modals.tsx'
import { recordingWords } from './recording-words.ts'

const PAGE = 20
/** For so long after the end gateways may put the last part. */
const LATE_MS = 60_000

/** What the gateways have written down of the requests that they forwarded: nothing where it was not asked for. */
export const Records = ({ experiment }: { experiment: Experiment }) =>
  experiment.spec.requests.record === undefined ? null : <Recorded experiment={experiment} />

const Recorded = ({ experiment }: { experiment: Experiment }) => {
  const { id, spec, endedAt } = experiment
  const live = isActive(experiment) || (endedAt !== null && Date.now() < Date.parse(endedAt) + LATE_MS)
  const { data, error, refetch, isFetching } = useQuery(recordsQuery(id, live))
  const mayDelete = useMay('deleteRecords')
  const mayRead = useMay('readRecord')
  const [isDeleting, setDeleting] = useState(false)
  const [reading, setReading] = useState<string | null>(null)
  const records = data?.records ?? []
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={`Forwarded requests with their answers, redacted and encrypted. ${recordingWords(spec.requests.record)} Approvers read them, and every reading is in the history; operators delete them.`}
          actions={
            mayDelete &&
            records.length > 0 && <Button onClick={() => setDeleting(true)}>Delete the records</Button>
          }
        >
          Records
        </Header>
      }
    >
      {error && (
        <Trouble
          error={error}
          what="The records could not be listed"
          onRetry={() => void refetch()}
          retrying={isFetching}
        />
      )}
      {data && records.length === 0 && (
        <div className="quiet">
          {live
            ? 'There is none now: gateways put a part every half a minute, and the last one after the end.'
            : 'There is none.'}
        </div>
      )}
      {data && records.length > 0 && (
        <div className="stack">
          <KeyValuePairs columns={4} minColumnWidth={180} items={itemsOf(records, data.bytes, experiment)} />
          <Parts records={records} onRead={mayRead ? setReading : null} />
        </div>
      )}
      <DeleteRecordsModal id={id} live={live} visible={isDeleting} onClose={() => setDeleting(false)} />
      <ReadRecordModal id={id} name={reading} onClose={() => setReading(null)} />
    </Container>
  )
}

const itemsOf = (records: readonly StoredRecord[], total: number, { recorded }: Experiment) => {
  const written = records.map(({ at }) => at).sort()
  const kept = records.map(({ deletedAfter }) => deletedAfter).sort()
  return [
    { label: 'Records', value: count(records.length) },
    { label: 'Requests in them', value: requestWords(recorded) },
    { label: 'Size', value: `${bytes(total)}, packed` },
    { label: 'Written', value: rangeWords(written) },
    { label: 'Kept until', value: rangeWords(kept) },
  ]
}

/** As the gateways count them, a minute late at most. */
const requestWords = ({ exchanges = 0, bytes: _, ...missed }: Experiment['recorded']): string => {
  const left = Object.values(missed).reduce((sum, n) => sum + n, 0)
  return left === 0 ? count(exchanges) : `${count(exchanges)}, ${count(left)} left out`
}

/** From the first to the last, of times in order. */
const rangeWords = (times: readonly string[]): string => {
  const ends = [...new Set([times[0], times.at(-1)].map((at) => (at === undefined ? '–' : dateTime(at))))]
  return ends.join(' to ')
}

type PartsProps = Readonly<{
  records: readonly StoredRecord[]
  /** Null for whoever may not. */
  onRead: ((name: string) => void) | null
}>

/** The newest first. */
const Parts = ({ records, onRead }: PartsProps) => {
  const [page, setPage] = useState(1)
  const pages = Math.ceil(records.length / PAGE)
  const shown = Math.min(page, pages)
  const newest = records.toSorted((a, b) => b.at.localeCompare(a.at))
  return (
    <>
      <PlainTable
        label="Records"
        columns={[
          { name: 'Record' },
          { name: 'Size', number: true },
          { name: 'Written' },
          { name: 'Kept until' },
          ...(onRead ? [{ name: 'Read' }] : []),
        ]}
        rows={newest
          .slice((shown - 1) * PAGE, shown * PAGE)
          .map(({ name, bytes: size, at, deletedAfter }) => ({
            key: name,
            cells: [
              <code key="name">{name}</code>,
              bytes(size),
              dateTime(at),
              dateTime(deletedAfter),
              ...(onRead
                ? [
                    <Button
                      key="read"
                      variant="inline-link"
                      ariaLabel={`Download ${name}`}
                      onClick={() => onRead(name)}
                    >
                      Download
                    </Button>,
                  ]
                : []),
            ],
          }))}
      />
      {pages > 1 && (
        <Pagination
          currentPageIndex={shown}
          pagesCount={pages}
          onChange={({ detail }) => setPage(detail.currentPageIndex)}
          ariaLabels={{
            paginationLabel: 'Pages of records',
            nextPageLabel: 'Older records',
            previousPageLabel: 'Newer records',
          }}
        />
      )}
    </>
  )
}
