import { useSyncExternalStore } from 'react'

export type Route =
  | { page: 'experiments' }
  | { page: 'experiment'; id: string; tab: string }
  | { page: 'start' }
  | { page: 'schedules' }
  | { page: 'spend' }
  | { page: 'nowhere'; path: string }

/** Pages live behind the hash, so that any server of static files serves the console. */
export const parse = (hash: string): Route => {
  const path = hash.replace(/^#?\/?/, '')
  const [page = '', id = '', tab = ''] = path.split('/')
  if (page === '' || (page === 'experiments' && id === '')) return { page: 'experiments' }
  if (page === 'experiments') return { page: 'experiment', id: decode(id), tab }
  if (page === 'schedules') return { page: 'schedules' }
  if (page === 'spend') return { page: 'spend' }
  if (page === 'start') return { page: 'start' }
  return { page: 'nowhere', path }
}

export const toExperiments = '#/experiments'
export const toSchedules = '#/schedules'
export const toSpend = '#/spend'
export const toStart = '#/start'
export const toExperiment = (id: string, tab = ''): string =>
  `#/experiments/${encodeURIComponent(id)}${tab === '' ? '' : `/${tab}`}`

export const go = (hash: string): void => {
  location.hash = hash
}

export const useHash = (): string =>
  useSyncExternalStore(
    (changed) => {
      addEventListener('hashchange', changed)
      return () => removeEventListener('hashchange', changed)
    },
    () => location.hash,
  )

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
