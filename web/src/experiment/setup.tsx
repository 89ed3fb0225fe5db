import Container from '@cloudscape-design/components/container'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import { credentialWords } from '../../../contract/credential-words.ts'
import { dependencyWords } from '../../../contract/dependency.ts'
import type { Experiment, ExperimentSpec } from '../../../contract/experiment.ts'
import { RESOURCES } from '../../../contract/resource.ts'
import type { Resources } from '../../../contract/resources.ts'
import { ruleWords } from '../../../contract/watch.ts'
import { budget, dateTime, duration } from '../format.ts'
import { recordingWords } from './recording-words.ts'
import { redactionWords } from './redaction-words.ts'
import { requestWords } from './selection-words.ts'
import { sourceWords, trafficWords } from './source-words.ts'

/** The spec in words. */
export const Setup = ({ experiment }: { experiment: Experiment }) => {
  const { spec, startAt, id } = experiment
  return (
    <Container header={<Header variant="h2">What was asked for</Header>}>
      <KeyValuePairs
        columns={3}
        minColumnWidth={260}
        items={[
          ...(spec.reason === undefined ? [] : [{ label: 'Why', value: spec.reason }]),
          { label: 'What is mirrored', value: sourceWords(spec) },
          { label: 'Which traffic', value: trafficWords(spec.traffic) },
          { label: 'Packets', value: packetWords(spec.traffic) },
          { label: 'Shadow', value: <span className="mono">{spec.shadow.url}</span> },
          {
            label: 'What the shadow uses',
            value: spec.dependencies ? dependencyWords(spec.dependencies) : 'Not declared',
          },
          ...(spec.shadow.credentials
            ? [{ label: 'Credentials for the shadow', value: credentialWords(spec.shadow).join(' ') }]
            : []),
          { label: 'Requests that reach the shadow', value: requestWords(spec.requests).join(' ') },
          {
            label: 'Redaction',
            value: redactionWords(spec.requests.redaction, experiment.redacted).join(' '),
          },
          { label: 'Recorded requests', value: recordingWords(spec.requests.record) },
          {
            label: 'When',
            value: `From ${dateTime(startAt)}, for ${duration(spec.window.durationSeconds)} as asked`,
          },
          ...(spec.window.preNoticeMinutes
            ? [
                {
                  label: 'Pre-notice to security teams',
                  value: `${duration(60 * spec.window.preNoticeMinutes)} before it starts`,
                },
              ]
            : []),
          { label: 'Probe first', value: probeAsked(spec) },
          { label: 'Approval', value: approvalWords(experiment) },
          {
            label: 'Budget',
            value: `${budget(spec.budgetUsd)}: it ends before its metered spend passes this`,
          },
          {
            label: 'What else ends it',
            value:
              spec.abort.length === 0
                ? 'Nothing: only the clock, the budget or a person'
                : spec.abort.map((rule) => <div key={ruleWords(rule)}>{ruleWords(rule)}</div>),
          },
          ...(spec.compare?.resources
            ? [{ label: 'Resources compared', value: <ResourceWords resources={spec.compare.resources} /> }]
            : []),
          {
            label: 'Id',
            value: (
              <CopyToClipboard
                variant="inline"
                textToCopy={id}
                copyButtonAriaLabel="Copy the id"
                copySuccessText="Copied"
                copyErrorText="Could not be copied"
              />
            ),
          },
        ]}
      />
    </Container>
  )
}

const probeAsked = ({ probe }: ExperimentSpec): string =>
  probe === undefined
    ? 'No'
    : `One source in each zone for ${duration(probe.seconds)}, then ${probe.after === 'ask' ? 'it asks' : 'it goes on'}`

const approvalWords = ({ approval }: Experiment): string => {
  if (approval === null) return 'None was needed'
  const what = approval.for.join(', ')
  const asked = `${approval.askedBy} asked for it${approval.askedReason === null ? '' : `: ${approval.askedReason}`}`
  return approval.by === null
    ? `Waits for a second person (${what}). ${asked}`
    : `By ${approval.by} (${what}): ${approval.reason}. ${asked}`
}

const ResourceWords = ({ resources: { figures, periodSeconds } }: { resources: Resources }) => (
  <>
    {figures.map(({ resource, control }) => (
      <div key={resource}>
        {RESOURCES[resource].name}, against {control ? 'the control' : 'production'}
      </div>
    ))}
    Per 1,000 requests, in periods of {periodSeconds} s.
  </>
)

const packetWords = ({ packetLength }: ExperimentSpec['traffic']): string =>
  packetLength === undefined ? 'Whole' : `The first ${packetLength} bytes of each; longer bodies are cut`
