import '../start/start.css'
import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { OwnerMonth } from '../../../contract/budget.ts'
import { BasisMark } from '../basis-mark.tsx'
import { call } from '../client.ts'
import { budget, count, dollars } from '../format.ts'
import { Loading } from '../loading.tsx'
import { Page } from '../page.tsx'
import { PlainTable } from '../plain-table.tsx'
import { budgetsQuery } from '../queries.ts'
import { Trouble } from '../trouble.tsx'

/** What each owner’s experiments cost in a month, and what they may. */
export const SpendPage = () => {
  const [month, setMonth] = useState(new Date().toISOString().slice(0, 7))
  const { data, error, isFetching, refetch } = useQuery(budgetsQuery(month))
  return (
    <Page
      title="Spend"
      description="What experiments cost in a calendar month (UTC), by the owner who answers for them."
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button
            iconName="angle-left"
            ariaLabel="The month before"
            onClick={() => setMonth(shifted(month, -1))}
          />
          <Button
            iconName="angle-right"
            ariaLabel="The month after"
            onClick={() => setMonth(shifted(month, 1))}
          />
        </SpaceBetween>
      }
    >
      {error && (
        <Trouble
          error={error}
          what="The spend could not be read"
          onRetry={() => void refetch()}
          retrying={isFetching}
        />
      )}
      {data === undefined && !error && <Loading />}
      {data !== undefined && <Owners month={month} owners={data} />}
      <SetBudget />
    </Page>
  )
}

/** 2026-12 is followed by 2027-01. */
export const shifted = (month: string, by: number): string => {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + by)).toISOString().slice(0, 7)
}

const monthName = (month: string): string =>
  new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${month}-01T00:00:00Z`),
  )

const Owners = ({ month, owners }: { month: string; owners: readonly OwnerMonth[] }) => (
  <Container header={<Header variant="h2">{monthName(month)}</Header>}>
    {owners.length === 0 ? (
      <Box textAlign="center" padding={{ vertical: 'l' }}>
        Nothing was spent in this month, and no budget is set.
      </Box>
    ) : (
      <PlainTable
        label={`Spend of ${monthName(month)} by owner`}
        columns={[
          { name: 'Owner' },
          { name: 'Spent', number: true },
          { name: 'Held', number: true },
          { name: 'Budget', number: true },
          { name: 'Used' },
          { name: 'Experiments', number: true },
        ]}
        rows={owners.map((one) => ({
          key: one.owner,
          cells: [
            one.owner === '*' ? 'Everybody without a budget' : one.owner,
            <span key="spent" className="nowrap">
              {dollars(one.spentUsd)} <BasisMark basis="metered" />
            </span>,
            <span key="held" className="nowrap">
              {dollars(one.heldUsd)} <BasisMark basis="estimated" />
            </span>,
            one.budgetUsd === null
              ? 'no limit'
              : `${budget(one.budgetUsd)}${one.from === 'default' ? ' (default)' : ''}`,
            one.budgetUsd === null ? '–' : <MonthBar key="used" month={one} budgetUsd={one.budgetUsd} />,
            one.running === 0
              ? count(one.experiments)
              : `${count(one.experiments)}, ${count(one.running)} running`,
          ],
        }))}
      />
    )}
    <div className="field-note">
      Held is what running experiments may still cost before they are asked again. No experiment begins or
      goes on when spent and held together would pass the budget.
    </div>
  </Container>
)

const MonthBar = ({
  month: { owner, spentUsd, heldUsd },
  budgetUsd,
}: {
  month: OwnerMonth
  budgetUsd: number
}) => {
  const share = (usd: number) => (budgetUsd === 0 ? Number(usd > 0) : Math.min(1, usd / budgetUsd))
  const used = share(spentUsd)
  return (
    <div className="bar bar-month">
      <meter
        className="unseen"
        aria-label={`Month of ${owner}: ${dollars(spentUsd)} metered and ${dollars(heldUsd)} held of ${budget(budgetUsd)}`}
        min={0}
        max={1}
        value={used}
      />
      <div className="bar-forecast" style={{ width: `${share(spentUsd + heldUsd) * 100}%` }} />
      <div className={used >= 0.9 ? 'bar-used bar-close' : 'bar-used'} style={{ width: `${used * 100}%` }} />
    </div>
  )
}

/** Sets one budget; an empty amount removes it. */
const SetBudget = () => {
  const client = useQueryClient()
  const [owner, setOwner] = useState('')
  const [usd, setUsd] = useState('')
  const [reason, setReason] = useState('')
  const save = useMutation({
    mutationFn: () =>
      call('setBudget', {
        params: {},
        query: {},
        body: {
          owner: owner.trim(),
          monthUsd: usd.trim() === '' ? null : Number(usd),
          ...(reason.trim() !== '' && { reason: reason.trim() }),
        },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['budgets'] }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (owner.trim() !== '') save.mutate()
  }
  return (
    <Container
      header={
        <Header variant="h2" description="It is in force at the next look of every running experiment.">
          Set a budget
        </Header>
      }
    >
      <form onSubmit={submit}>
        <SpaceBetween size="m">
          {save.error && <Trouble error={save.error} what="The budget was not changed" />}
          {save.data && (
            <Alert type="success">
              {save.data.owner}:{' '}
              {save.data.budgetUsd === null ? 'no limit' : `${budget(save.data.budgetUsd)} a month`}.
            </Alert>
          )}
          <div className="inline-fields">
            <FormField label="Owner" description="* for everybody without a budget">
              <Input name="owner" value={owner} onChange={({ detail }) => setOwner(detail.value)} />
            </FormField>
            <FormField label="US dollars a month" description="Empty: no budget of its own">
              <Input
                name="monthUsd"
                type="number"
                inputMode="decimal"
                value={usd}
                onChange={({ detail }) => setUsd(detail.value)}
              />
            </FormField>
          </div>
          <FormField label="Reason" description="Kept in the audit trail.">
            <Input name="reason" value={reason} onChange={({ detail }) => setReason(detail.value)} />
          </FormField>
          <Button formAction="submit" loading={save.isPending} disabled={owner.trim() === ''}>
            Save
          </Button>
        </SpaceBetween>
      </form>
    </Container>
  )
}
