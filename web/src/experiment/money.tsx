import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import { Fragment, type ReactNode, useEffect } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import type { Ledger, LedgerLine, LedgerPage } from '../../../contract/ledger.ts'
import { BasisMark } from '../basis-mark.tsx'
import { count, dateTime, dollars, quantity, time, unitPrice } from '../format.ts'
import { Loading } from '../loading.tsx'
import { PlainTable } from '../plain-table.tsx'
import { isActive, ledgerQuery } from '../queries.ts'
import { useTokenPages } from '../token-pages.tsx'
import { Trouble } from '../trouble.tsx'
import { LEDGER_LINE } from '../words.ts'
import { ReconciliationCard } from './reconciliation-card.tsx'

/** The account: every quantity with its price, every mirror session with its hours. */
export const Money = ({ experiment }: { experiment: Experiment }) => {
  const { token, pagination } = useTokenPages({
    list: 'Pages of mirror sessions',
    next: 'Further sessions',
    previous: 'Sessions before these',
  })
  const { data, error, refetch, isFetching, isPlaceholderData } = useQuery(
    ledgerQuery(experiment.id, isActive(experiment), token),
  )
  const { phase } = experiment
  useEffect(() => {
    if (phase === 'ended') void refetch()
  }, [phase, refetch])

  if (data === undefined) {
    if (error === null) return <Loading />
    return (
      <Trouble
        error={error}
        what="The ledger could not be read"
        onRetry={() => void refetch()}
        retrying={isFetching}
      />
    )
  }
  return (
    <div className="stack">
      <Account ledger={data} />
      <Standing lines={data.lines.filter(({ line }) => line === 'standing')} experiment={experiment} />
      <ReconciliationCard experiment={experiment} />
      <Sessions ledger={data} pages={pagination(isPlaceholderData ? null : data.nextToken)} />
    </div>
  )
}

const LINE_COLUMNS = [
  { name: 'Cost line' },
  { name: 'Used' },
  { name: 'Quantity', number: true },
  { name: 'Price', number: true },
  { name: 'Dollars', number: true },
  { name: 'Figure' },
  { name: 'Price from' },
]

const Account = ({ ledger }: { ledger: Ledger }) => {
  const lines = ledger.lines.filter(({ line }) => line !== 'standing')
  return (
    <Container
      header={
        <Header variant="h2" description={`Quantity × price = dollars, as of ${time(new Date(ledger.at))}`}>
          What it costs
        </Header>
      }
    >
      <PlainTable
        label="Cost lines"
        columns={LINE_COLUMNS}
        rows={lines.map(lineRow)}
        foot={['Spend', '', '', '', dollars(ledger.totalUsd), <Bases key="bases" lines={lines} />, '']}
      />
    </Container>
  )
}

const Bases = ({ lines }: { lines: readonly LedgerLine[] }) =>
  [...new Set(lines.map(({ basis }) => basis))].map((basis, index) => (
    <Fragment key={basis}>
      {index > 0 && ', '}
      <BasisMark basis={basis} />
    </Fragment>
  ))

const Standing = ({ lines, experiment }: { lines: readonly LedgerLine[]; experiment: Experiment }) => (
  <Container
    header={
      <Header
        variant="h2"
        description="Owed with or without an experiment: shared by time, not part of the spend, the budget or $ per GB"
      >
        Standing cost
      </Header>
    }
  >
    <PlainTable
      label="Standing cost"
      columns={LINE_COLUMNS}
      rows={lines.map(lineRow)}
      foot={[
        'This experiment’s share',
        '',
        '',
        '',
        dollars(experiment.spend.standingUsd),
        <BasisMark key="basis" basis={experiment.spend.basis} />,
        '',
      ]}
    />
  </Container>
)

const lineRow = (line: LedgerLine) => ({
  key: `${line.line} ${line.item} ${line.price.usd}`,
  cells: [
    LEDGER_LINE[line.line],
    line.item,
    quantity(line.quantity),
    <span key="price" className="nowrap">
      {unitPrice(line.price.usd)} per {line.price.unit}
    </span>,
    dollars(line.usd),
    <BasisMark key="basis" basis={line.basis} />,
    `${PRICE_SOURCE[line.price.source]}, ${line.price.date}`,
  ],
})

const PRICE_SOURCE = { 'price-list': 'AWS Price List', fallback: 'table shipped with Shadowmeter' } as const

const SESSION_STATE = {
  intended: { label: 'To be created', type: 'pending' },
  active: { label: 'Active', type: 'success' },
  deleted: { label: 'Deleted', type: 'stopped' },
} as const

const Sessions = ({ ledger: { rows, sessions }, pages }: { ledger: LedgerPage; pages: ReactNode }) => (
  <Container
    header={
      <Header
        variant="h2"
        counter={`(${count(sessions)})`}
        description="One per network interface; a begun hour is owed whole"
      >
        Mirror sessions
      </Header>
    }
  >
    {rows.length === 0 ? (
      <div className="quiet">No mirror session has been created yet.</div>
    ) : (
      <PlainTable
        label="Mirror sessions"
        columns={[
          { name: 'Network interface' },
          { name: 'Session' },
          { name: 'VNI', number: true },
          { name: 'State' },
          { name: 'Created' },
          { name: 'Deleted' },
          { name: 'Hours', number: true },
          { name: 'Dollars (metered)', number: true },
        ]}
        rows={rows.map((row) => ({
          key: `${row.eni} ${row.generation}`,
          cells: [
            <span key="eni" className="mono">
              {row.eni}
            </span>,
            <span key="session" className="mono">
              {row.session ?? '–'}
            </span>,
            String(row.vni),
            <StatusIndicator key="state" type={SESSION_STATE[row.state].type}>
              {SESSION_STATE[row.state].label}
            </StatusIndicator>,
            row.createdAt === null ? '–' : <At key="created" at={row.createdAt} />,
            row.deletedAt === null ? '–' : <At key="deleted" at={row.deletedAt} />,
            count(row.hours),
            dollars(row.usd),
          ],
        }))}
      />
    )}
    {pages && <div className="pages">{pages}</div>}
  </Container>
)

const At = ({ at }: { at: string }) => (
  <time dateTime={at} title={dateTime(at)}>
    {time(new Date(at))}
  </time>
)
