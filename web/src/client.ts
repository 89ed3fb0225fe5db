import type { Catalogue } from '../../contract/catalogue.ts'
import type { Call } from '../../contract/operation.ts'
import type { Problem } from '../../contract/problem.ts'
import { bearer, signInAgain } from './sign-in.ts'

/** The catalogue itself carries every schema and would weigh on the first load: the compiler holds these to it instead. */
const ROUTES: { readonly [Id in keyof Catalogue]: Catalogue[Id]['route'] } = {
  getCaller: 'GET /caller',
  planExperiment: 'POST /plans',
  createExperiment: 'POST /experiments',
  approveExperiment: 'POST /experiments/{id}/approve',
  listExperiments: 'GET /experiments',
  getExperiment: 'GET /experiments/{id}',
  stopExperiment: 'POST /experiments/{id}/stop',
  killExperiment: 'POST /experiments/{id}/kill',
  pauseExperiment: 'POST /experiments/{id}/pause',
  resumeExperiment: 'POST /experiments/{id}/resume',
  extendExperiment: 'POST /experiments/{id}/extend',
  listMeter: 'GET /experiments/{id}/meter',
  getLedger: 'GET /experiments/{id}/ledger',
  getReconciliation: 'GET /experiments/{id}/reconciliation',
  getVerdict: 'GET /experiments/{id}/verdict',
  getComparison: 'GET /experiments/{id}/comparison',
  listNoise: 'GET /experiments/{id}/noise',
  decideNoise: 'POST /experiments/{id}/noise',
  getEvidence: 'GET /experiments/{id}/evidence',
  renderEvidence: 'GET /experiments/{id}/evidence/{format}',
  listRecords: 'GET /experiments/{id}/records',
  readRecord: 'POST /experiments/{id}/records/{name}/read',
  deleteRecords: 'POST /experiments/{id}/records/delete',
  deleteEvidence: 'DELETE /experiments/{id}/evidence',
  listExperimentAudit: 'GET /experiments/{id}/audit',
  listSources: 'GET /sources',
  listAudit: 'GET /audit',
  previewSource: 'POST /sources/preview',
  previewSchedule: 'POST /schedules/preview',
  createSchedule: 'POST /schedules',
  listSchedules: 'GET /schedules',
  getSchedule: 'GET /schedules/{id}',
  changeSchedule: 'PATCH /schedules/{id}',
  deleteSchedule: 'DELETE /schedules/{id}',
  listBudgets: 'GET /budgets',
  setBudget: 'POST /budgets',
}

export type Request<Id extends keyof Catalogue> = Parameters<Call<Catalogue[Id]>>[0]
export type Result<Id extends keyof Catalogue> = Awaited<ReturnType<Call<Catalogue[Id]>>>

type Options = Readonly<{ signal?: AbortSignal; idempotencyKey?: string }>

/** An answer that is not a success, or no answer at all: then `status` is 0. */
export class ApiError extends Error {
  readonly status: number
  readonly problem: Problem | null

  constructor(message: string, status: number, problem: Problem | null, cause?: unknown) {
    super(message, { cause })
    this.status = status
    this.problem = problem
  }
}

/** Whether the same request could succeed later: nobody answered, or the API itself failed. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)

export const call = async <Id extends keyof Catalogue>(
  id: Id,
  input: Request<Id>,
  { signal, idempotencyKey }: Options = {},
): Promise<Result<Id>> => {
  const [method, path] = ROUTES[id].split(' ') as [string, string]
  const { params, query, body } = input as { params: object; query: object; body?: unknown }
  const headers = new Headers({ accept: 'application/json' })
  if (body !== undefined) headers.set('content-type', 'application/json')
  if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey)
  const token = bearer()
  if (token !== null) headers.set('authorization', `Bearer ${token}`)

  const response = await fetch(`/api${fill(path, params)}${search(query)}`, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause
    throw new ApiError('The API does not answer.', 0, null, cause)
  })
  if (response.status === 401) await signInAgain()
  if (!response.ok) throw await toError(response)
  return (await response.json()) as Result<Id>
}

const fill = (path: string, params: object): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(Reflect.get(params, name))))

const search = (query: object): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

const toError = async (response: Response): Promise<ApiError> => {
  const problem = response.headers.get('content-type')?.includes('json')
    ? ((await response.json().catch(() => null)) as Problem | null)
    : null
  const message = problem?.detail ?? `The API answered with status ${response.status}.`
  return new ApiError(message, response.status, problem)
}
