import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import type { AuditEntry } from '../../contract/audit.ts'
import type { OwnerMonth } from '../../contract/budget.ts'
import type { Experiment } from '../../contract/experiment.ts'
import type { MeterPoint } from '../../contract/meter.ts'
import type { SourceEni } from '../../contract/source.ts'
import type { WindowSchedule } from '../../contract/window-schedule.ts'
import { call } from './client.ts'

export const PAGE_SIZE = 20
const LIVE_MS = 2000
const QUIET_MS = 30_000
/** A page of sources is 1,000; a picker with more than this is no help: such a source is named by tag. */
const SOURCES_MAX = 5000

export const isActive = ({ phase }: Experiment): boolean => phase !== 'ended' && phase !== 'scheduled'

export const callerQuery = queryOptions({
  queryKey: ['caller'],
  queryFn: ({ signal }) => call('getCaller', { params: {}, query: {}, body: undefined }, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export const experimentsQuery = (nextToken: string | undefined) =>
  queryOptions({
    queryKey: ['experiments', nextToken ?? ''],
    queryFn: ({ signal }) =>
      call(
        'listExperiments',
        { params: {}, query: { maxResults: PAGE_SIZE, ...(nextToken && { nextToken }) }, body: undefined },
        { signal },
      ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.experiments.some(isActive) ? LIVE_MS : 5000),
  })

export const experimentQuery = (id: string) =>
  queryOptions({
    queryKey: ['experiment', id],
    queryFn: ({ signal }) =>
      call('getExperiment', { params: { id }, query: {}, body: undefined }, { signal }),
    refetchInterval: ({ state }) => {
      if (state.data === undefined) return state.error ? 5000 : false
      if (state.data.phase === 'scheduled') return 5000
      const isErasing = state.data.evidenceDeletion?.doneAt === null
      return isActive(state.data) || isErasing ? LIVE_MS : QUIET_MS
    },
  })

/** Points are totals and never change: each look asks only for those after the last one it has. */
export const meterQuery = (client: QueryClient, id: string, live: boolean) =>
  queryOptions({
    queryKey: ['meter', id],
    queryFn: async ({ signal, queryKey }): Promise<MeterPoint[]> => {
      const had = client.getQueryData<MeterPoint[]>(queryKey) ?? []
      const after = had.at(-1)?.at
      const points = [...had]
      let nextToken: string | undefined
      do {
        const query = { maxResults: 1000, ...(after && { after }), ...(nextToken && { nextToken }) }
        const page = await call('listMeter', { params: { id }, query, body: undefined }, { signal })
        points.push(...page.points)
        nextToken = page.nextToken ?? undefined
      } while (nextToken !== undefined)
      return points
    },
    structuralSharing: false,
    refetchInterval: live ? LIVE_MS : false,
  })

export const ledgerQuery = (id: string, live: boolean, nextToken: string | undefined) =>
  queryOptions({
    queryKey: ['ledger', id, nextToken ?? ''],
    queryFn: ({ signal }) =>
      call(
        'getLedger',
        { params: { id }, query: nextToken === undefined ? {} : { nextToken }, body: undefined },
        { signal },
      ),
    placeholderData: keepPreviousData,
    refetchInterval: live ? LIVE_MS : false,
  })

export const reconciliationQuery = (id: string) =>
  queryOptions({
    queryKey: ['reconciliation', id],
    queryFn: ({ signal }) =>
      call('getReconciliation', { params: { id }, query: {}, body: undefined }, { signal }),
    staleTime: 60_000,
  })

const JUDGED_MS = 5000

export const verdictQuery = (id: string, live: boolean) =>
  queryOptions({
    queryKey: ['verdict', id, live],
    queryFn: ({ signal }) => call('getVerdict', { params: { id }, query: {}, body: undefined }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: live ? JUDGED_MS : false,
  })

export const comparisonQuery = (id: string, live: boolean) =>
  queryOptions({
    queryKey: ['comparison', id, live],
    queryFn: ({ signal }) =>
      call('getComparison', { params: { id }, query: {}, body: undefined }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: live ? JUDGED_MS : false,
  })

export const noiseQuery = (id: string, live: boolean) =>
  queryOptions({
    queryKey: ['noise', id],
    queryFn: ({ signal }) => call('listNoise', { params: { id }, query: {}, body: undefined }, { signal }),
    refetchInterval: live ? JUDGED_MS : false,
  })

/** Parts come every half a minute while it records, and go when their time is over. */
export const recordsQuery = (id: string, live: boolean) =>
  queryOptions({
    queryKey: ['records', id],
    queryFn: ({ signal }) => call('listRecords', { params: { id }, query: {}, body: undefined }, { signal }),
    refetchInterval: live ? JUDGED_MS : QUIET_MS,
  })

/** Every change has one entry, written soon after it: so many entries as the revision says are all there are. */
export const auditQuery = (id: string, revision: number) =>
  queryOptions({
    queryKey: ['audit', id, revision],
    queryFn: async ({ signal }): Promise<AuditEntry[]> => {
      const entries: AuditEntry[] = []
      let nextToken: string | undefined
      do {
        const query = { maxResults: 200, ...(nextToken && { nextToken }) }
        const page = await call('listExperimentAudit', { params: { id }, query, body: undefined }, { signal })
        entries.push(...page.entries)
        nextToken = page.nextToken ?? undefined
      } while (nextToken !== undefined)
      return entries
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.length ?? 0) < revision ? LIVE_MS : false),
  })

export const schedulesQuery = queryOptions({
  queryKey: ['schedules'],
  queryFn: async ({ signal }): Promise<WindowSchedule[]> => {
    const schedules: WindowSchedule[] = []
    let nextToken: string | undefined
    do {
      const query = { maxResults: 200, ...(nextToken && { nextToken }) }
      const page = await call('listSchedules', { params: {}, query, body: undefined }, { signal })
      schedules.push(...page.schedules)
      nextToken = page.nextToken ?? undefined
    } while (nextToken !== undefined)
    return schedules
  },
  refetchInterval: QUIET_MS,
})

export const budgetsQuery = (month: string) =>
  queryOptions({
    queryKey: ['budgets', month],
    queryFn: async ({ signal }): Promise<OwnerMonth[]> => {
      const owners: OwnerMonth[] = []
      let nextToken: string | undefined
      do {
        const query = { month, maxResults: 200, ...(nextToken && { nextToken }) }
        const page = await call('listBudgets', { params: {}, query, body: undefined }, { signal })
        owners.push(...page.owners)
        nextToken = page.nextToken ?? undefined
      } while (nextToken !== undefined)
      return owners
    },
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  })

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: async ({ signal }): Promise<{ sources: SourceEni[]; complete: boolean }> => {
    const sources: SourceEni[] = []
    let nextToken: string | undefined
    do {
      const query = { maxResults: 1000, ...(nextToken && { nextToken }) }
      const page = await call('listSources', { params: {}, query, body: undefined }, { signal })
      sources.push(...page.sources)
      nextToken = page.nextToken ?? undefined
    } while (nextToken !== undefined && sources.length < SOURCES_MAX)
    return { sources, complete: nextToken === undefined }
  },
  staleTime: 30_000,
})
