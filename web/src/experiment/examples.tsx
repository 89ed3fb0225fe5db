import Container from '@cloudscape-design/components/container'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import Header from '@cloudscape-design/components/header'
import { useState } from 'react'
import type { Sample } from '../../../contract/comparison.ts'
import { curlOf } from '../../../contract/curl.ts'
import { dateTime } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { SAMPLE } from '../words.ts'

/** Some exchanges of an endpoint, one of them side by side: the first until another is chosen. */
export const Examples = ({ samples, shadow }: { samples: readonly Sample[]; shadow: string }) => {
  const [chosen, setChosen] = useState<number | null>(null)
  const shown = samples.find(({ rank }) => rank === chosen) ?? samples[0]
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Chosen by chance, to find in the logs of both by id, time and addresses. What was said is kept masked, or not at all."
        >
          Examples
        </Header>
      }
    >
      {shown && <SideBySide sample={shown} shadow={shadow} />}
      <PlainTable
        label="Examples"
        columns={[
          { name: 'When' },
          { name: 'Where' },
          { name: 'Request id' },
          { name: 'Client' },
          { name: 'Server' },
          { name: 'Production' },
          { name: 'Shadow' },
        ]}
        rows={samples.map(
          ({ at, kind, path, rank, requestId, traceId, client, production, shadow: other }) => ({
            key: String(rank),
            cells: [
              <button
                key="at"
                type="button"
                className="endpoint-choice"
                aria-pressed={rank === shown?.rank}
                onClick={() => setChosen(rank)}
              >
                {dateTime(at)}
              </button>,
              <span key="path">
                {SAMPLE[kind]} {path !== '' && <code>{path}</code>}
              </span>,
              requestId ?? traceId ?? '–',
              client,
              production.server,
              `${production.status} in ${production.milliseconds.toFixed(1)} ms`,
              `${other.status} in ${other.milliseconds.toFixed(1)} ms`,
            ],
          }),
        )}
      />
    </Container>
  )
}

const SideBySide = ({ sample, shadow }: { sample: Sample; shadow: string }) => {
  const curl = curlOf(sample, shadow)
  return (
    <div className="side-by-side">
      <Side name="Production" side={sample.production} />
      <Side name="Shadow" side={sample.shadow} />
      {curl !== null && (
        <div className="ask-again">
          <CopyToClipboard
            copyButtonText="Copy curl"
            copySuccessText="Copied"
            copyErrorText="Not copied"
            textToCopy={curl}
          />
          <code>{curl}</code>
        </div>
      )}
    </div>
  )
}

const Side = ({ name, side }: { name: string; side: Sample['shadow'] }) => (
  <figure>
    <figcaption>
      {name}: {side.status === 0 ? 'no answer' : side.status} in {side.milliseconds.toFixed(1)} ms
    </figcaption>
    <pre>{side.body === null ? 'Not kept.' : pretty(side.body)}</pre>
  </figure>
)

/** JSON with a line for each member; what was cut is no JSON any more, and stays as it is. */
const pretty = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
