import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { Health as Judged } from '../../../contract/abort.ts'
import { ruleWords, WATCHES } from '../../../contract/watch.ts'
import { count } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'

/** The abort rules as they were last judged. */
export const Health = ({ health }: { health: readonly Judged[] }) => (
  <Container
    header={
      <Header variant="h2" description="Any of these ends the experiment. Unknown never counts as healthy.">
        What would end it
      </Header>
    }
  >
    {health.length === 0 ? (
      <div className="nothing quiet">Nothing is watched now.</div>
    ) : (
      <PlainTable
        label="Abort rules"
        columns={[
          { name: 'Rule' },
          { name: 'State' },
          { name: 'Now', number: true },
          { name: 'Requests', number: true },
        ]}
        rows={health.map(({ rule, state, value, samples }) => ({
          key: ruleWords(rule),
          cells: [
            ruleWords(rule),
            <StatusIndicator key="state" type={STATE[state].type}>
              {STATE[state].label}
            </StatusIndicator>,
            value === null ? '–' : `${Number(value.toPrecision(3))} ${WATCHES[rule.watch]}`.trim(),
            'samples' in rule ? count(samples) : '–',
          ],
        }))}
      />
    )}
  </Container>
)

const STATE: Readonly<Record<Judged['state'], { type: StatusIndicatorProps.Type; label: string }>> = {
  fine: { type: 'success', label: 'Fine' },
  broken: { type: 'error', label: 'Broken' },
  unknown: { type: 'pending', label: 'Unknown' },
}
