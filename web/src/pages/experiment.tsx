import '../experiment/experiment.css'
import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import LiveRegion from '@cloudscape-design/components/live-region'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import { ApiError } from '../client.ts'
import { ApproveModal } from '../experiment/approve-modal.tsx'
import { ExtendModal } from '../experiment/extend-modal.tsx'
import { Figures } from '../experiment/figures.tsx'
import { PauseButton } from '../experiment/pause-button.tsx'
import { StopModal } from '../experiment/stop-modal.tsx'
import { dateTime } from '../format.ts'
import { Loading } from '../loading.tsx'
import { Page } from '../page.tsx'
import { PhaseIndicator, phaseWords } from '../phase-indicator.tsx'
import { experimentQuery } from '../queries.ts'
import { go, toExperiment } from '../router.ts'
import { TimeLeft } from '../time-left.tsx'
import { Trouble } from '../trouble.tsx'
import { OUTCOME } from '../words.ts'

const Answer = lazy(() => import('../experiment/answer.tsx').then((m) => ({ default: m.Answer })))
const Live = lazy(() => import('../experiment/live.tsx').then((m) => ({ default: m.Live })))
const History = lazy(() => import('../experiment/history.tsx').then((m) => ({ default: m.History })))
const Money = lazy(() => import('../experiment/money.tsx').then((m) => ({ default: m.Money })))
const Setup = lazy(() => import('../experiment/setup.tsx').then((m) => ({ default: m.Setup })))

export const ExperimentPage = ({ id, tab }: { id: string; tab: string }) => {
  const { data, error, isFetching, refetch, dataUpdatedAt } = useQuery(experimentQuery(id))

  if (data === undefined) {
    const missing = error instanceof ApiError && (error.status === 404 || error.status === 400)
    return (
      <Page title={missing ? 'No such experiment' : 'Experiment'}>
        {error ? (
          <Trouble
            error={error}
            what={missing ? 'There is no experiment with this id' : 'The experiment could not be read'}
            onRetry={() => void refetch()}
            retrying={isFetching}
          />
        ) : (
          <Loading />
        )}
      </Page>
    )
  }
  return (
    <Shown
      experiment={data}
      tab={tab}
      trouble={
        error && (
          <Trouble
            error={error}
            what="This experiment is not updating"
            onRetry={() => void refetch()}
            retrying={isFetching}
            shownSince={dataUpdatedAt}
          />
        )
      }
    />
  )
}

type ShownProps = Readonly<{ experiment: Experiment; tab: string; trouble: React.ReactNode }>

const Shown = ({ experiment, tab, trouble }: ShownProps) => {
  const [modal, setModal] = useState<'stop' | 'kill' | 'extend' | 'approve' | null>(null)
  const [refused, setRefused] = useState<Error | null>(null)
  const { id, spec, phase, createdBy, createdAt, endAt, endedAt } = experiment
  const running = phase === 'preparing' || phase === 'mirroring'
  const isAwaited = experiment.approval !== null && experiment.approval.by === null
  const close = () => setModal(null)
  const tabs = TABS.map(({ id: tabId, label, Content }) => ({
    id: tabId,
    label,
    content: (
      <Suspense fallback={<Loading />}>
        <Content experiment={experiment} />
      </Suspense>
    ),
  }))

  return (
    <Page
      title={spec.name}
      windowTitle={`${phaseWords(experiment)}: ${spec.name}`}
      description={
        <>
          Started by {createdBy}, {dateTime(createdAt)}.{' '}
          {endedAt === null ? `Ends at the latest ${dateTime(endAt)}.` : `Ended ${dateTime(endedAt)}.`}
        </>
      }
      actions={
        phase !== 'ended' && (
          <SpaceBetween direction="horizontal" size="xs">
            {isAwaited && <Button onClick={() => setModal('approve')}>Approve</Button>}
            {running && <Button onClick={() => setModal('extend')}>Extend</Button>}
            {phase === 'mirroring' && <PauseButton experiment={experiment} onError={setRefused} />}
            {phase !== 'draining' && <Button onClick={() => setModal('stop')}>Stop</Button>}
            {phase !== 'scheduled' && <Button onClick={() => setModal('kill')}>End at once</Button>}
          </SpaceBetween>
        )
      }
    >
      {trouble}
      {refused && <Trouble error={refused} what="It was not changed" />}
      <LiveRegion hidden tagName="div">
        {`${spec.name}: ${phaseWords(experiment)}. ${experiment.reason ?? ''}`}
      </LiveRegion>
      <Headline experiment={experiment} />
      <Figures experiment={experiment} />
      <Tabs
        ariaLabel="About this experiment"
        tabs={tabs}
        activeTabId={tabs.some(({ id: tabId }) => tabId === tab) ? tab : 'answer'}
        onChange={({ detail }) => go(toExperiment(id, detail.activeTabId))}
      />
      <StopModal experiment={experiment} how="stop" visible={modal === 'stop'} onClose={close} />
      <StopModal experiment={experiment} how="kill" visible={modal === 'kill'} onClose={close} />
      <ApproveModal experiment={experiment} visible={modal === 'approve'} onClose={close} />
      <ExtendModal experiment={experiment} visible={modal === 'extend'} onClose={close} />
    </Page>
  )
}

const TABS = [
  { id: 'answer', label: 'Is it safe?', Content: Answer },
  { id: 'live', label: 'Traffic and spend', Content: Live },
  { id: 'money', label: 'Ledger', Content: Money },
  { id: 'setup', label: 'What was asked for', Content: Setup },
  { id: 'history', label: 'History', Content: History },
] as const

/** Phase, time and reason: the first thing to know. */
const Headline = ({ experiment }: { experiment: Experiment }) => {
  const { phase, outcome, reason } = experiment
  const alert =
    phase === 'ended' && outcome !== null
      ? { type: ALERT[OUTCOME[outcome].status], text: reason ?? OUTCOME[outcome].meaning }
      : reason === null
        ? null
        : { type: 'info' as const, text: reason }
  return (
    <div className="headline">
      <div className="headline-phase">
        <PhaseIndicator {...experiment} />
      </div>
      {phase !== 'draining' && (
        <div className="quiet">
          <TimeLeft experiment={experiment} />
          {(phase === 'mirroring' || phase === 'preparing') && ' left'}
        </div>
      )}
      {alert && (
        <div className="headline-reason">
          <Alert type={alert.type}>{alert.text}</Alert>
        </div>
      )}
    </div>
  )
}

const ALERT = {
  success: 'success',
  stopped: 'info',
  warning: 'warning',
  error: 'error',
  pending: 'info',
  'in-progress': 'info',
  info: 'info',
} as const
