import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call, type Result } from '../client.ts'
import { count } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { useTokenPages } from '../token-pages.tsx'
import { Trouble } from '../trouble.tsx'
import { checkSource, type FormValues } from './form.ts'
import { Sentences } from './sentences.tsx'
import { useSettled } from './use-settled.ts'
import { Verdict } from './verdict.tsx'

const PAGE = 50

/** Every interface that the source means now, what can be mirrored and what cannot, and why. */
export const SourcePreview = ({ form }: { form: FormValues }) => {
  const source = checkSource(form)
  const settled = useSettled(source === null ? null : JSON.stringify(source))
  const { token, pagination } = useTokenPages(
    {
      list: 'Pages of network interfaces',
      next: 'Further interfaces',
      previous: 'Interfaces before these',
    },
    settled ?? '',
  )
  const { data, error, isFetching, refetch, isPlaceholderData } = useQuery({
    queryKey: ['preview', settled, token ?? ''],
    queryFn: ({ signal }) =>
      call(
        'previewSource',
        {
          params: {},
          query: { maxResults: PAGE, ...(token !== undefined && { nextToken: token }) },
          body: { source: JSON.parse(settled as string) },
        },
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
  return data ? <Preview {...data} pages={pagination(isPlaceholderData ? null : data.nextToken)} /> : null
}

type PreviewProps = Result<'previewSource'> & Readonly<{ pages: ReactNode }>

const Preview = ({ enis, found, missing, pages }: PreviewProps) => (
  <SpaceBetween size="xs">
    <div role="status">{summary(found)}</div>
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
        {pages && <div className="pages">{pages}</div>}
      </ExpandableSection>
    )}
  </SpaceBetween>
)

const summary = ({ meant, supported, excluded }: Result<'previewSource'>['found']): string =>
  `${count(meant)} network interface${meant === 1 ? '' : 's'} now, ${count(supported)} of which AWS mirrors for sure` +
  (excluded > 0 ? `; ${count(excluded)} left out.` : '.')
