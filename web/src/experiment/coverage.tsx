import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { Verdict } from '../../../contract/verdict.ts'
import { count, percent } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'

/** From what was seen to what was judged, with the name of every loss between. */
export const Coverage = ({ verdict }: { verdict: Verdict }) => {
  const { funnel, received } = verdict.coverage
  const top = Math.max(1, received)
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="How much of what was seen the verdict rests on. Requests are as last metered, comparisons as just written: while it runs they may be some seconds apart."
        >
          Coverage
        </Header>
      }
    >
      <PlainTable
        label="Coverage"
        columns={[
          { name: 'Requests' },
          { name: 'Number', number: true },
          { name: 'Share', number: true },
          { name: '' },
        ]}
        rows={funnel.map(({ kind, name, count: n, says }) => ({
          key: name,
          sub: kind !== 'step',
          cells: [
            kind === 'part' ? `Of these: ${says}` : says,
            count(n),
            percent(n / top),
            <span
              key="bar"
              className={kind === 'step' ? 'funnel-bar' : 'funnel-bar funnel-loss'}
              style={{ width: `${Math.round((160 * n) / top)}px` }}
              aria-hidden="true"
            />,
          ],
        }))}
      />
    </Container>
  )
}
