import type { Dependencies } from '../contract/dependencies.ts'
import { DEPENDENCIES, type Dependency } from '../contract/dependency.ts'
import type { ExperimentSpecInput } from '../contract/experiment.ts'
import { DEMO_RESOURCES } from './demo/figures.ts'
import type { LocalOptions } from './options.ts'

const DURATION_SECONDS = 600
/** Ten minutes of the demo cost about 4 cents; a load test on a service of the user’s own may cost more. */
const DEMO_BUDGET_USD = 0.5
const OWN_BUDGET_USD = 5

const eachOf = (answer: Dependency): Dependencies =>
  Object.fromEntries(DEPENDENCIES.map((name) => [name, answer])) as Dependencies

/** The demo’s shadow keeps its orders in a database of its own, and talks to nobody else. */
const DEMO_DEPENDENCIES: Dependencies = { ...eachOf('none'), database: 'own' }

/** The experiment that starts by itself. */
export const demoExperiment = (
  { shadow, control }: { shadow: string; control: string },
  { seconds, snapshotAge }: Pick<LocalOptions['demonstration'], 'seconds' | 'snapshotAge'>,
  now: number,
): ExperimentSpecInput => ({
  name: 'Order service 2.4 before its release',
  source: { by: 'tag', match: 'all', tags: { service: 'orders' } },
  traffic: { ports: [8080], directions: 'both' },
  shadow: { url: shadow, control: { url: control } },
  dependencies: DEMO_DEPENDENCIES,
  // The demo’s shadow has a database of its own: it may be written to, unless that is to be shown.
  requests: { percent: 100, writes: snapshotAge === null ? 'forward' : 'hold' },
  compare: {
    resources: DEMO_RESOURCES,
    ...(snapshotAge !== null && { snapshotAt: new Date(now - 1000 * snapshotAge).toISOString() }),
  },
  window: { durationSeconds: seconds },
  budgetUsd: DEMO_BUDGET_USD,
})

/** The experiment on a service that the user brought along. */
export const ownExperiment = (own: {
  networkInterface: string
  name: string
  port: number
  shadow: string
  writes: 'hold' | 'forward'
  uses: Dependency
}): ExperimentSpecInput => ({
  name: `${own.name} and its shadow`,
  source: { by: 'eni', ids: [own.networkInterface] },
  traffic: { ports: [own.port], directions: 'both' },
  shadow: { url: own.shadow },
  dependencies: eachOf(own.uses),
  requests: { percent: 100, writes: own.writes },
  window: { durationSeconds: DURATION_SECONDS },
  budgetUsd: OWN_BUDGET_USD,
})

type Listed = { experiments: { phase: string }[] }

/** Starts it through the API, unless one is active. @throws with the API’s own words when it is refused */
export const startFirstExperiment = async (
  api: string,
  token: string,
  spec: ExperimentSpecInput,
): Promise<void> => {
  const { experiments } = (await call(`${api}/experiments?maxResults=50`)) as Listed
  if (experiments.some(({ phase }) => phase !== 'ended')) return
  await call(`${api}/experiments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(spec),
  })
}

const call = async (url: string, init: RequestInit = {}): Promise<unknown> => {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) })
  const answer = (await response.json()) as { detail?: string; errors?: { path: string; message: string }[] }
  if (!response.ok) {
    const fields = answer.errors?.map(({ path, message }) => `${path}: ${message}`) ?? []
    throw new Error([answer.detail ?? `HTTP ${response.status}`, ...fields].join(' '))
  }
  return answer
}
