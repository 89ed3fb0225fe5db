import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useQuery } from '@tanstack/react-query'
import type { AuditEntry, AuditState } from '../../../contract/audit.ts'
import { dependencyWords } from '../../../contract/dependency.ts'
import type { Experiment } from '../../../contract/experiment.ts'
import { budget, dateTime } from '../format.ts'
import { Loading } from '../loading.tsx'
import { phaseWords } from '../phase-indicator.tsx'
import { auditQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'

/** The audit trail of one experiment: who did what, when and why, and what it changed. */
export const History = ({ experiment: { id, revision } }: { experiment: Experiment }) => {
  const { data, error, refetch, isFetching } = useQuery(auditQuery(id, revision))

  if (data === undefined) {
    if (error === null) return <Loading />
    return (
      <Trouble
        error={error}
        what="The audit trail could not be read"
        onRetry={() => void refetch()}
        retrying={isFetching}
      />
    )
  }
  return (
    <Container
      header={
        <Header variant="h2" description="Entries are only ever added; nothing here can be changed.">
          What happened
        </Header>
      }
    >
      <ol className="timeline" aria-label="Changes of this experiment in order of time">
        {data.map((entry) => (
          <li key={entry.id}>
            <time dateTime={entry.at}>{dateTime(entry.at)}</time>
            <div>
              <strong>{sentence(entry.what)}</strong> <span className="quiet">by {entry.who}</span>
              {entry.why !== null && <div>{entry.why}</div>}
              {entry.declared && (
                <div className="quiet">The shadow uses {dependencyWords(entry.declared)}</div>
              )}
              {changes(entry).map((change) => (
                <div className="quiet" key={change}>
                  {change}
                </div>
              ))}
            </div>
          </li>
        ))}
      </ol>
    </Container>
  )
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** One line per value that is another one now. */
export const changes = ({ before, after }: Pick<AuditEntry, 'before' | 'after'>): string[] => {
  const of = (name: string, words: (state: AuditState) => string): string[] => {
    if (before === null) return [`${name}: ${words(after)}`]
    return words(before) === words(after) ? [] : [`${name}: ${words(before)} → ${words(after)}`]
  }
  return [
    ...of('Phase', phaseWords),
    ...of('End', ({ endAt }) => dateTime(endAt)),
    ...of('Budget', ({ budgetUsd }) => budget(budgetUsd)),
  ]
}
