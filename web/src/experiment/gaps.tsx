import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { Gap } from '../../../contract/gap.ts'
import { count, dateTime } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { GAP } from '../words.ts'

/** When traffic was not seen whole; nothing where it always was. */
export const Gaps = ({
  gaps,
  cut,
  leftOut,
}: Readonly<{ gaps: readonly Gap[]; cut: number; leftOut: number }>) =>
  gaps.length === 0 && leftOut === 0 ? null : (
    <Container
      header={
        <Header
          variant="h2"
          description={[
            gaps.length > 0 &&
              'In these times production’s traffic was not seen whole: silence is no health.',
            gaps.length > 0 && cut > 0 && `${count(cut)} connections were cut when gateways were replaced.`,
            leftOut > 0 && `${count(leftOut)} packets were not read by gateways that had too much to do.`,
          ]
            .filter((sentence) => sentence !== false)
            .join(' ')}
        >
          Gaps in the coverage
        </Header>
      }
    >
      {gaps.length > 0 && (
        <PlainTable
          label="Gaps in the coverage"
          columns={[{ name: 'What' }, { name: 'From' }, { name: 'To' }, { name: 'Why' }]}
          rows={[...gaps].reverse().map(({ kind, of, since, until, what }) => ({
            key: `${kind} ${of} ${since}`,
            cells: [GAP[kind], dateTime(since), until === null ? 'now' : dateTime(until), what],
          }))}
        />
      )}
    </Container>
  )
