import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { RESOURCES } from '../../../contract/resource.ts'
import type { ComparedResource } from '../../../contract/verdict.ts'
import { shortCount } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'

/** What the release uses to serve the same requests: where a hidden N+1 is seen. */
export const Resources = ({ resources }: { resources: readonly ComparedResource[] }) => {
  if (resources.length === 0) return null
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Per 1,000 served requests over the same periods, each in its metric’s own unit."
        >
          Resources
        </Header>
      }
    >
      <PlainTable
        label="Resources"
        columns={[
          { name: 'Resource' },
          { name: 'What follows' },
          { name: 'Production', number: true },
          { name: 'Control', number: true },
          { name: 'Shadow', number: true },
          { name: 'Times', number: true },
          { name: '95 % interval', number: true },
          { name: 'Periods', number: true },
        ]}
        rows={resources.map((one) => ({
          key: one.resource,
          cells: [
            RESOURCES[one.resource].name,
            one.says,
            figure(one.production),
            figure(one.control),
            figure(one.shadow),
            one.ratio === null ? '–' : `× ${one.ratio.value.toFixed(2)}`,
            one.ratio === null ? '–' : `${one.ratio.low.toFixed(2)} – ${one.ratio.high.toFixed(2)}`,
            shortCount(one.periods),
          ],
        }))}
      />
    </Container>
  )
}

const figure = (value: number | null): string => (value === null ? '–' : shortCount(value))
