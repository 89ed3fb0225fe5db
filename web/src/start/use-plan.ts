import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import { call } from '../client.ts'
import { useSettled } from './use-settled.ts'

/** The plan of a spec once the form has come to rest; `fresh` says that it is the plan of exactly this spec. */
export const usePlan = (spec: ExperimentSpecInput | null) => {
  const body = spec === null ? null : JSON.stringify(spec)
  const settled = useSettled(body)
  const { data, error, refetch, isFetching, isPlaceholderData } = useQuery({
    queryKey: ['plan', settled],
    queryFn: ({ signal }) =>
      call('planExperiment', { params: {}, query: {}, body: JSON.parse(settled as string) }, { signal }),
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    refetchInterval: 60_000,
  })
  const fresh =
    body !== null && body === settled && data !== undefined && !isPlaceholderData && error === null
  return {
    plan: body === null ? undefined : data,
    error: body === settled ? error : null,
    fresh,
    isFetching,
    refetch,
  }
}
