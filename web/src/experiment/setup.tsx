import Container from '@cloudscape-design/components/container'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { Experiment, ExperimentSpec } from '../../../contract/experiment.ts'
import { budget, dateTime, duration } from '../format.ts'
import { requestWords } from './selection-words.ts'

/** The spec in words. */
export const Setup = ({ experiment }: { experiment: Experiment }) => {
  const { spec, startAt, id } = experiment
  return (
    <Container header={<Header variant="h2">What was asked for</Header>}>
      <KeyValuePairs
        columns={3}
        minColumnWidth={260}
        items={[
          { label: 'What is mirrored', value: sourceWords(spec.source) },
          { label: 'Which traffic', value: trafficWords(spec.traffic) },
          { label: 'Packets', value: packetWords(spec.traffic) },
          { label: 'Shadow', value: <span className="mono">{spec.shadow.url}</span> },
          { label: 'Requests that reach the shadow', value: requestWords(spec.requests).join(' ') },
          {
            label: 'When',
            value: `From ${dateTime(startAt)}, for ${duration(spec.window.durationSeconds)} as asked`,
          },
          {
            label: 'Budget',
            value: `${budget(spec.budgetUsd)}: it ends before its metered spend passes this`,
          },
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

export const sourceWords = (source: ExperimentSpec['source']): string => {
  switch (source.by) {
    case 'eni':
      return `${source.ids.length === 1 ? 'The network interface' : `${source.ids.length} network interfaces:`} ${source.ids.join(', ')}`
    case 'instance':
      return `The first network interface of ${source.ids.join(', ')}`
    case 'tag': {
      const tags = Object.entries(source.tags).map(([key, value]) => `${key} = ${value}`)
      return `Network interfaces of instances tagged ${tags.join(source.match === 'all' ? ' and ' : ' or ')}`
    }
  }
}

const trafficWords = ({ ports, clientCidrs, directions }: ExperimentSpec['traffic']): string => {
  const where = clientCidrs.every((cidr) => cidr === '0.0.0.0/0') ? 'any client' : clientCidrs.join(', ')
  const what = directions === 'both' ? 'Requests and responses' : 'Requests'
  return `${what} on port ${ports.join(', ')}, from ${where}`
}

const packetWords = ({ packetLength }: ExperimentSpec['traffic']): string =>
  packetLength === undefined ? 'Whole' : `The first ${packetLength} bytes of each; longer bodies are cut`
