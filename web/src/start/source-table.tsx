import Box from '@cloudscape-design/components/box'
import Pagination from '@cloudscape-design/components/pagination'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import { useState } from 'react'
import type { SourceEni } from '../../../contract/source.ts'
import { count } from '../format.ts'
import { Verdict } from './verdict.tsx'

const PAGE = 8

type Props = Readonly<{
  sources: readonly SourceEni[]
  /** Whether these are all there are. */
  complete: boolean
  loading: boolean
  chosen: readonly string[]
  onChoose: (enis: string[]) => void
}>

export const SourceTable = ({ sources, complete, loading, chosen, onChoose }: Props) => {
  const [text, setText] = useState('')
  const [page, setPage] = useState(1)
  const matching = sources.filter((source) => matches(source, text.trim().toLowerCase()))
  const pages = Math.max(1, Math.ceil(matching.length / PAGE))
  const current = Math.min(page, pages)

  return (
    <Table
      variant="embedded"
      items={matching.slice((current - 1) * PAGE, current * PAGE)}
      columnDefinitions={COLUMNS}
      trackBy="eni"
      loading={loading}
      loadingText="Listing network interfaces"
      selectionType="multi"
      selectedItems={sources.filter(({ eni }) => chosen.includes(eni))}
      onSelectionChange={({ detail }) => onChoose(detail.selectedItems.map(({ eni }) => eni))}
      isItemDisabled={({ verdict }) => verdict === 'unsupported'}
      wrapLines
      contentDensity="compact"
      filter={
        <TextFilter
          filteringText={text}
          filteringPlaceholder="Name, id, address, zone or tag"
          filteringAriaLabel="Filter network interfaces"
          countText={text === '' ? '' : `${count(matching.length)} found`}
          onChange={({ detail }) => {
            setText(detail.filteringText)
            setPage(1)
          }}
        />
      }
      pagination={
        pages > 1 && (
          <Pagination
            currentPageIndex={current}
            pagesCount={pages}
            onChange={({ detail }) => setPage(detail.currentPageIndex)}
          />
        )
      }
      footer={
        <Box color="text-body-secondary" fontSize="body-s">
          {count(chosen.length)} of {count(sources.length)} chosen
          {!complete && '; there are more than can be listed here: choose by tag'}
        </Box>
      }
      empty={
        <Box textAlign="center" color="text-body-secondary" padding="m">
          {text === '' ? 'No network interface was found in this account and Region.' : 'Nothing matches.'}
        </Box>
      }
      ariaLabels={{
        tableLabel: 'Network interfaces',
        selectionGroupLabel: 'Network interfaces to mirror',
        allItemsSelectionLabel: () => 'All on this page',
        itemSelectionLabel: (_, { eni, name }) => `${name ?? eni}`,
      }}
    />
  )
}

const matches = (
  { eni, address, instance, instanceType, name, availabilityZone, tags }: SourceEni,
  text: string,
) =>
  [
    eni,
    address,
    instance,
    instanceType,
    name,
    availabilityZone,
    ...Object.entries(tags).map((tag) => tag.join('=')),
  ].some((part) => part?.toLowerCase().includes(text))

const COLUMNS: TableProps.ColumnDefinition<SourceEni>[] = [
  {
    id: 'name',
    header: 'Interface',
    isRowHeader: true,
    width: 260,
    minWidth: 230,
    cell: ({ name, eni }) => (
      <>
        {name ?? 'No instance name'}
        <div className="quiet mono">{eni}</div>
      </>
    ),
  },
  {
    id: 'where',
    header: 'Where',
    width: 200,
    minWidth: 170,
    cell: ({ address, availabilityZone, instanceType }) => (
      <>
        {address}
        <div className="quiet">
          {availabilityZone}
          {instanceType && `, ${instanceType}`}
        </div>
      </>
    ),
  },
  {
    id: 'verdict',
    header: 'Verdict',
    minWidth: 190,
    cell: ({ verdict, reason }) => <Verdict verdict={verdict} reason={reason} />,
  },
]
