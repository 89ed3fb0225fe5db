import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { Experiment } from '../../../contract/experiment.ts'
import { bytes, dateTime } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'

const FORMAT = { json: 'JSON', html: 'HTML', markdown: 'Markdown', schema: 'JSON Schema' } as const

/** Where the evidence package lies, and how to see that it is the one that was stored. */
export const StoredEvidence = ({ experiment: { phase, evidence } }: { experiment: Experiment }) => (
  <Container
    header={
      <Header
        variant="h2"
        description={
          evidence !== null
            ? `Made ${dateTime(evidence.at)}. The bucket’s lifecycle says how long it is kept.`
            : phase === 'ended'
              ? 'Not stored: the deployment names no bucket, or S3 has not taken it yet. An export is made from the records.'
              : 'Stored once the experiment has ended, where the deployment names a bucket.'
        }
      >
        Stored evidence
      </Header>
    }
  >
    {evidence !== null && (
      <PlainTable
        label="Stored evidence"
        columns={[{ name: 'Format' }, { name: 'Where' }, { name: 'Size', number: true }, { name: 'SHA-256' }]}
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
  </Container>
)
