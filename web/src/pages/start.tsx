import '../start/jitless.ts'
import '../start/start.css'
import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import type { WindowScheduleSpecInput } from '../../../contract/window-schedule.ts'
import { ApiError, call, isPassing } from '../client.ts'
import { Page } from '../page.tsx'
import { experimentQuery, schedulesQuery } from '../queries.ts'
import { go, toExperiment, toExperiments, toSchedules } from '../router.ts'
import { StartAttempt } from '../start/attempt.ts'
import { BoundFields } from '../start/bound-fields.tsx'
import { DependencyFields } from '../start/dependency-fields.tsx'
import { Estimate } from '../start/estimate.tsx'
import {
  check,
  emptyForm,
  FIELD_NAMES,
  type Field,
  type FormValues,
  problemErrors,
  toSchedule,
} from '../start/form.ts'
import { OptionalSections } from '../start/optional-sections.tsx'
import { PortField } from '../start/port-field.tsx'
import { Sentences } from '../start/sentences.tsx'
import { ShadowField } from '../start/shadow-field.tsx'
import { SourceFields } from '../start/source-fields.tsx'
import { usePlan } from '../start/use-plan.ts'
import { Trouble } from '../trouble.tsx'

export const StartPage = () => {
  const [form, setForm] = useState(emptyForm)
  const [left, setLeft] = useState<ReadonlySet<Field>>(new Set())
  const element = useRef<HTMLFormElement>(null)
  const attempt = useRef(new StartAttempt())
  const client = useQueryClient()

  const checked = check(form)
  // a price needs no name
  const priced = check(form.name.trim() === '' ? { ...form, name: 'unnamed' } : form)
  const { plan, error: planError, fresh, isFetching, refetch } = usePlan(priced.spec)

  const create = useMutation({
    mutationFn: (spec: ExperimentSpecInput) =>
      call(
        'createExperiment',
        { params: {}, query: {}, body: spec },
        { idempotencyKey: attempt.current.keyFor(JSON.stringify(spec)) },
      ),
    onSuccess: (experiment) => {
      attempt.current.answered()
      client.setQueryData(experimentQuery(experiment.id).queryKey, experiment)
      void client.invalidateQueries({ queryKey: ['experiments'] })
      go(toExperiment(experiment.id))
    },
    onError: (error) => {
      if (!isPassing(error)) attempt.current.answered()
    },
  })

  const repeat = useMutation({
    mutationFn: (schedule: WindowScheduleSpecInput) =>
      call(
        'createSchedule',
        { params: {}, query: {}, body: schedule },
        { idempotencyKey: attempt.current.keyFor(JSON.stringify(schedule)) },
      ),
    onSuccess: () => {
      attempt.current.answered()
      void client.invalidateQueries({ queryKey: schedulesQuery.queryKey })
      go(toSchedules)
    },
    onError: (error) => {
      if (!isPassing(error)) attempt.current.answered()
    },
  })
  const sending = create.isPending || repeat.isPending
  const refused = create.error ?? repeat.error

  const told = problemErrors(problemOf(refused) ?? problemOf(planError))
  const errors = Object.fromEntries(
    FIELD_NAMES.flatMap((field) => {
      const local = left.has(field) ? checked.errors?.[field] : undefined
      const message = local ?? told.fields[field]
      return message === undefined ? [] : [[field, message]]
    }),
  )
  const set = (change: Partial<FormValues>) => {
    setForm((before) => ({ ...before, ...change }))
    if (create.error) create.reset()
    if (repeat.error) repeat.reset()
  }
  const leave = (field: Field) =>
    setLeft((before) => (before.has(field) ? before : new Set([...before, field])))
  const fields = { form, errors, set, leave }

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setLeft(new Set(FIELD_NAMES))
    if (checked.spec === null) focusFirstError(element.current)
    else if (fresh && plan?.startable && !sending) {
      if (form.start === 'repeat') repeat.mutate(toSchedule(form, checked.spec))
      else create.mutate(checked.spec)
    }
  }
  const wait = whyWait(fresh, plan?.startable, checked.spec !== null)

  return (
    <Page
      title="Start an experiment"
      description="Copies of real requests go to your shadow. Production is only read."
    >
      <form ref={element} onSubmit={submit} noValidate>
        <div className="start">
          <SpaceBetween size="l">
            <Container>
              <FormField label="Name" description="For example the release." errorText={errors.name} stretch>
                <Input
                  name="name"
                  value={form.name}
                  onChange={({ detail }) => set({ name: detail.value })}
                  onBlur={() => leave('name')}
                />
              </FormField>
            </Container>
            <Section title="What is mirrored">
              <SpaceBetween size="l">
                <SourceFields {...fields} />
                <PortField {...fields} />
              </SpaceBetween>
            </Section>
            <Section title="Where it goes">
              <SpaceBetween size="l">
                <ShadowField {...fields} />
                <DependencyFields {...fields} />
              </SpaceBetween>
            </Section>
            <Section title="How long and how much">
              <BoundFields {...fields} spec={priced.spec} />
            </Section>
            <OptionalSections {...fields} />
          </SpaceBetween>
          <div className="start-price">
            <Estimate
              plan={plan}
              budgetUsd={Number(form.budgetUsd)}
              outdated={!fresh && planError === null}
              missing={missingFor(priced.errors ?? (planError === null ? null : told.fields))}
              trouble={
                planError &&
                Object.keys(told.fields).length === 0 && (
                  <Trouble
                    error={planError}
                    what="There is no estimate"
                    onRetry={() => void refetch()}
                    retrying={isFetching}
                  />
                )
              }
            />
            <div className="start-actions">
              {refused && <Trouble error={refused} what="It was not started" />}
              {told.others.length > 0 && (
                <Alert type="error">
                  <Sentences of={told.others} />
                </Alert>
              )}
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  variant="primary"
                  formAction="submit"
                  loading={sending}
                  disabled={wait !== null}
                  disabledReason={wait ?? undefined}
                >
                  {SUBMIT[form.start]}
                </Button>
                <Button variant="link" href={toExperiments}>
                  Cancel
                </Button>
              </SpaceBetween>
            </div>
          </div>
        </div>
      </form>
    </Page>
  )
}

const SUBMIT = {
  now: 'Start the experiment',
  later: 'Schedule the experiment',
  repeat: 'Create the schedule',
} as const

const Section = ({ title, children }: { title: string; children: React.ReactNode }) => (
  <Container header={<Header variant="h2">{title}</Header>}>{children}</Container>
)

/** Why it cannot start yet; an unfinished form may be sent, to be told what is missing. */
const whyWait = (fresh: boolean, startable: boolean | undefined, complete: boolean): string | null => {
  if (fresh && !startable) return 'It cannot start like this: see the reasons above.'
  return fresh || !complete ? null : 'The estimate comes first.'
}

const NEEDED: Readonly<Record<Field, string>> = {
  name: 'a name',
  owner: 'whose month it is paid from',
  preNotice: 'a right pre-notice',
  reason: 'a shorter reason',
  source: 'what is mirrored',
  within: 'right VPCs and subnets',
  without: 'right exclusions',
  ports: 'right ports',
  clientCidrs: 'right client ranges',
  directions: 'the directions',
  packetLength: 'a right packet length',
  url: 'the shadow’s address',
  credentials: 'the shadow’s credentials by right names',
  percent: 'a right share of requests',
  writes: 'what happens to writes',
  reads: 'right requests that only read',
  graphql: 'right GraphQL endpoints',
  allowedWrites: 'right writes that may go',
  hops: 'what becomes of hops',
  snapshotAt: 'when the shadow’s data was copied',
  endpoints: 'right endpoints',
  redaction: 'what is hidden',
  record: 'a recording within its limits, with redaction',
  dependencies: 'what the shadow uses',
  startAt: 'when it starts',
  duration: 'a right duration',
  budgetUsd: 'a right budget',
  abort: 'right limits',
  probe: 'a right probe',
  ramp: 'right stages',
}

const missingFor = (errors: Partial<Record<Field, string>> | null): string[] =>
  FIELD_NAMES.filter((field) => errors?.[field] !== undefined).map((field) => NEEDED[field])

const problemOf = (error: Error | null) => (error instanceof ApiError ? error.problem : null)

/** After the errors are on the page. */
const focusFirstError = (form: HTMLFormElement | null) =>
  requestAnimationFrame(() => {
    const first = form?.querySelector<HTMLElement>('[aria-invalid="true"], [data-wrong]')
    if (first) first.focus()
    else form?.querySelector('input')?.focus()
  })
