import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { PreviewedEni } from '../../../contract/source.ts'
import { call, type Result } from '../client.ts'
import { count } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { Trouble } from '../trouble.tsx'
import { checkSource, type FormValues } from './form.ts'
import { Sentences } from './sentences.tsx'
import { useSettled } from './use-settled.ts'
import { Verdict } from './verdict.tsx'

/** Every interface that the source means now, what can be mirrored and what cannot, and why. */
export const SourcePreview = ({ form }: { form: FormValues }) => {
  const source = checkSource(form)
  const settled = useSettled(source === null ? null : JSON.stringify(source))
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['preview', settled],
    queryFn: ({ signal }) =>
      call(
        'previewSource',
        { params: {}, query: {}, body: { source: JSON.parse(settled as string) } },
        { signal },
      ),
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
  if (source === null) return null
  if (error)
    return (
      <Trouble
        error={error}
        what="The source could not be resolved"
        onRetry={() => void refetch()}
        retrying={isFetching}
      />
    )
  return data ? <Preview {...data} /> : null
}

const Preview = ({ enis, missing }: Result<'previewSource'>) => (
  <SpaceBetween size="xs">
    <div role="status">{summary(enis)}</div>
    {missing.length > 0 && <Sentences of={missing} />}
    {enis.length > 0 && (
      <ExpandableSection
        headerText="Each network interface with its verdict"
        defaultExpanded={enis.length <= 20}
      >
        <PlainTable
          label="Network interfaces of this source"
          columns={[{ name: 'Interface' }, { name: 'Where' }, { name: 'Verdict' }]}
          rows={enis.map((one) => ({
            key: one.eni,
            cells: [
              <span key="name">
                {one.name ?? one.address}
                <div className="quiet mono">{one.eni}</div>
              </span>,
              <span key="where">
                {one.availabilityZone}
                <div className="quiet">{one.instanceType ?? ''}</div>
              </span>,
              one.excluded === null ? (
                <Verdict key="verdict" verdict={one.verdict} reason={one.reason} />
              ) : (
                <span key="verdict">
                  Left out
                  <div className="quiet">{one.excluded}</div>
                </span>
              ),
            ],
          }))}
        />
      </ExpandableSection>
    )}
  </SpaceBetween>
)

const summary = (enis: readonly PreviewedEni[]): string => {
  const meant = enis.filter(({ excluded }) => excluded === null)
  const can = meant.filter(({ verdict }) => verdict === 'supported').length
  const left = enis.length - meant.length
  return (
    `${count(meant.length)} network interface${meant.length === 1 ? '' : 's'} now, ${count(can)} of which AWS mirrors for sure` +
    (left > 0 ? `; ${count(left)} left out.` : '.')
  )
}
