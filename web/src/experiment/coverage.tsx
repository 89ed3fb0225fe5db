import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { Comparison } from '../../../contract/comparison.ts'
import type { RequestCounts } from '../../../contract/traffic.ts'
import type { Verdict } from '../../../contract/verdict.ts'
import { count, percent } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { UNPAIRED, UNPAIRED_REASONS } from '../words.ts'

type Props = Readonly<{ verdict: Verdict; comparison: Comparison; requests: RequestCounts }>

/** From what was seen to what was judged, with the name of every loss between. */
export const Coverage = ({ verdict, comparison, requests }: Props) => {
  const { warmUp, expected, waiting, compared, unpaired } = comparison
  const { judged } = verdict.coverage
  const top = Math.max(requests.received, expected, 1)
  const step = (key: string, label: string, n: number) => ({
    key,
    cells: [
      label,
      count(n),
      percent(n / top),
      <span
        key="bar"
        className="funnel-bar"
        style={{ width: `${Math.round((160 * n) / top)}px` }}
        aria-hidden="true"
      />,
    ],
  })
  const loss = (key: string, label: string, n: number) =>
    n === 0 ? [] : [{ key, sub: true, cells: [label, count(n), percent(n / top), ''] }]
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="How much of what was seen the verdict rests on. Gateways write what they compared a little after they count what they received."
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
        rows={[
          step('received', 'Received', requests.received),
          ...loss('incomplete', 'Incomplete', requests.incomplete),
          ...loss('dropped', 'Dropped in the gateway', requests.dropped),
          ...loss(
            'held',
            'Held back, filtered or sampled out',
            requests.held_back + requests.filtered + requests.sampled_out,
          ),
          ...loss('warm-up', 'Sent while the shadow warmed up', warmUp),
          step('expected', 'Sent to the shadow to be compared', expected),
          ...loss('waiting', 'Waiting for a side', waiting),
          ...UNPAIRED_REASONS.flatMap((reason) => loss(reason, UNPAIRED[reason], unpaired[reason] ?? 0)),
          step('compared', 'Compared', compared),
          ...loss('few', 'Of endpoints with too few', compared - judged),
          step('judged', 'Judged', judged),
        ]}
      />
    </Container>
  )
}
