import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useState } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import { bytes, dateTime } from '../format.ts'
import { useMay } from '../may.ts'
import { PlainTable } from '../plain-table.tsx'
import { DeleteEvidenceModal } from './delete-evidence-modal.tsx'

const FORMAT = { json: 'JSON', html: 'HTML', markdown: 'Markdown', schema: 'JSON Schema' } as const

/** Where the evidence package lies, and how to see that it is the one that was stored. */
export const StoredEvidence = ({ experiment }: { experiment: Experiment }) => {
  const { phase, evidence } = experiment
  const mayDelete = useMay('deleteEvidence')
  const [isAsking, setAsking] = useState(false)
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={
            evidence !== null
              ? `Made ${dateTime(evidence.at)}. It is deleted when it has been kept for as long as the deployment sets, or by an admin.`
              : phase === 'ended'
                ? 'Not stored: the deployment names no bucket, or S3 has not taken it yet. An export is made from the records.'
                : 'Stored once the experiment has ended, where the deployment names a bucket.'
          }
          actions={
            phase === 'ended' &&
            mayDelete && <Button onClick={() => setAsking(true)}>Delete the evidence</Button>
          }
        >
          Stored evidence
        </Header>
      }
    >
      {evidence !== null && (
        <PlainTable
          label="Stored evidence"
          columns={[
            { name: 'Format' },
            { name: 'Where' },
            { name: 'Size', number: true },
            { name: 'SHA-256' },
          ]}
          rows={evidence.files.map((file) => ({
            key: file.key,
            cells: [
              FORMAT[file.format],
              `s3://${evidence.bucket}/${file.key}`,
              bytes(file.bytes),
              <code key="sha256">{file.sha256}</code>,
            ],
          }))}
        />
      )}
      <DeleteEvidenceModal experiment={experiment} visible={isAsking} onClose={() => setAsking(false)} />
    </Container>
  )
}

/** In place of all that it showed. */
export const DeletedEvidence = ({ deletion }: { deletion: NonNullable<Experiment['evidenceDeletion']> }) => {
  const { by, at, reason, doneAt } = deletion
  return (
    <Container header={<Header variant="h2">The evidence was deleted</Header>}>
      <p>
        By {by}, {dateTime(at)}: {reason}
      </p>
      <p className="quiet">
        {doneAt === null
          ? 'Nobody is shown it any more; what is stored goes within a minute or two.'
          : `All of it was gone ${dateTime(doneAt)}.`}{' '}
        What was asked for, the ledger and the history stay.
      </p>
    </Container>
  )
}
