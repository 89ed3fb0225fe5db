import '../start/start.css'
import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PastWindow, WindowSchedule } from '../../../contract/window-schedule.ts'
import { call } from '../client.ts'
import { budget, dateTime } from '../format.ts'
import { Loading } from '../loading.tsx'
import { Page } from '../page.tsx'
import { PlainTable } from '../plain-table.tsx'
import { schedulesQuery } from '../queries.ts'
import { toExperiment, toStart } from '../router.ts'
import { EditSchedule } from '../start/edit-schedule.tsx'
import { Windows } from '../start/repeat-fields.tsx'
import { Trouble } from '../trouble.tsx'

export const SchedulesPage = () => {
  const { data, error, isFetching, refetch } = useQuery(schedulesQuery)
  return (
    <Page
      title="Schedules"
      description="Experiments that run again and again; each window is a run of its own."
      actions={<Button href={toStart}>New schedule</Button>}
    >
      {error && (
        <Trouble
          error={error}
          what="The schedules could not be read"
          onRetry={() => void refetch()}
          retrying={isFetching}
        />
      )}
      {data === undefined && !error && <Loading />}
      {data?.length === 0 && (
        <Box textAlign="center" padding={{ vertical: 'xl' }}>
          No schedule yet. Start an experiment and choose “Again and again” to make one.
        </Box>
      )}
      {data?.map((schedule) => (
        <Schedule key={schedule.id} schedule={schedule} />
      ))}
    </Page>
  )
}

const Schedule = ({ schedule }: { schedule: WindowSchedule }) => {
  const { id, spec, next, past, createdBy, createdAt } = schedule
  const client = useQueryClient()
  const [editing, setEditing] = useState(false)
  const remove = useMutation({
    mutationFn: () => call('deleteSchedule', { params: { id }, query: {}, body: undefined }),
    onSuccess: () => client.invalidateQueries({ queryKey: schedulesQuery.queryKey }),
  })
  const { experiment } = spec
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={`${spec.cron} in ${spec.timeZone}, ${experiment.window.durationSeconds} s each, ${budget(experiment.budgetUsd)} a window. By ${createdBy}, ${dateTime(createdAt)}.`}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button
                ariaLabel={`Change the schedule ${experiment.name}`}
                onClick={() => setEditing(!editing)}
              >
                Change
              </Button>
              <Button
                loading={remove.isPending}
                ariaLabel={`Delete the schedule ${experiment.name}`}
                onClick={() => remove.mutate()}
              >
                Delete
              </Button>
            </SpaceBetween>
          }
        >
          {experiment.name}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {remove.error && <Trouble error={remove.error} what="It was not deleted" />}
        {editing && <EditSchedule schedule={schedule} onDone={() => setEditing(false)} />}
        {next.length === 0 ? (
          <Alert type="info">No window is left.</Alert>
        ) : (
          <Windows at={next} label="Next windows, in your time zone" />
        )}
        {past.length > 0 && (
          <PlainTable
            label={`Last windows of ${experiment.name}`}
            columns={[{ name: 'Window' }, { name: 'What became of it' }]}
            rows={past.map((window) => ({ key: window.at, cells: [dateTime(window.at), fate(window)] }))}
          />
        )}
      </SpaceBetween>
    </Container>
  )
}

const fate = ({ experiment, skipped }: PastWindow) =>
  experiment === null ? `Skipped: ${skipped}` : <Link href={toExperiment(experiment)}>Experiment</Link>
