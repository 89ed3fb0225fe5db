import { setTimeout as sleep } from 'node:timers/promises'
import { type Catalogue, catalogue } from '../contract/catalogue.ts'
import { EVIDENCE_SCHEMA_FILE } from '../contract/evidence.ts'
import type { Call, Operation } from '../contract/operation.ts'
import { PROBLEMS, type Problem, type ProblemKind, problemType } from '../contract/problem.ts'
import { EXIT, Failure } from './exit.ts'
import type { Sign } from './sign.ts'

type Id = keyof Catalogue
type Asked<Of extends Id> = Parameters<Call<Catalogue[Of]>>[0]
export type Answer<Of extends Id> = Awaited<ReturnType<Call<Catalogue[Of]>>>

/** The API’s operations as functions. Each rejects with a Failure whose message is the problem’s own. */
export type Client = {
  call: <Of extends Id>(id: Of, asked: Asked<Of>, idempotencyKey?: string) => Promise<Answer<Of>>
  /** The API’s own description. */
  openApi: () => Promise<unknown>
  evidenceSchema: () => Promise<unknown>
}

/** The API answered with a problem, or did not answer: then `status` is 0. */
export class ApiFailure extends Failure {
  readonly status: number
  readonly problem: Problem | null

  constructor(message: string, status: number, problem: Problem | null, options?: ErrorOptions) {
    super(message, exitOfProblem(status, problem), options)
    this.name = 'ApiFailure'
    this.status = status
    this.problem = problem
  }
}

/** Whether the same request could succeed later. */
export const isPassing = (error: unknown): error is ApiFailure =>
  error instanceof ApiFailure && (error.status === 0 || error.status === 429 || error.status >= 500)

const exitOfProblem = (status: number, problem: Problem | null): number => {
  const is = (kind: ProblemKind) => problem?.type === problemType(kind)
  if (is('not-startable')) return EXIT.notStartable
  if (is('idempotency-mismatch') || status === PROBLEMS.invalid.status) return EXIT.usage
  return EXIT.failed
}

/** API Gateway answers within 30 seconds or not at all. */
const PATIENCE_MS = 35_000
/** Pauses before a request that may be repeated is repeated. */
const RETRY_MS = [200, 1_000, 3_000]

export const createClient = (api: URL, sign: Sign): Client => {
  const base = api.href.replace(/\/$/, '')

  const send = async (method: string, path: string, body?: string, key?: string): Promise<unknown> => {
    const url = new URL(`${base}${path}`)
    const headers = await sign({
      method,
      url,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body,
    })
    const response = await fetch(url, {
      method,
      headers,
      body: body ?? null,
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((cause: unknown) => {
      throw new ApiFailure(`${api.origin} does not answer (${reasonOf(cause)})`, 0, null, { cause })
    })
    const text = await response.text().catch((cause: unknown) => {
      throw new ApiFailure(`${api.origin} broke off its answer (${reasonOf(cause)})`, 0, null, { cause })
    })
    const answer = parsed(text)
    if (!response.ok) throw refused(response.status, answer)
    if (answer === undefined)
      throw new Failure(`${api.href} does not answer as Shadowmeter’s API does: is the address right?`)
    return answer
  }

  /** What changes nothing, or is done only once however often it is asked for, is asked for again. */
  const sendPatiently = async (...request: Parameters<typeof send>): Promise<unknown> => {
    const [method, , , key] = request
    const pauses = method === 'GET' || key !== undefined ? RETRY_MS : []
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(...request)
      } catch (error) {
        const pause = pauses[attempt]
        if (pause === undefined || !isPassing(error)) throw error
        await sleep(pause)
      }
    }
  }

  return {
    call: async (id, asked, key) => {
      const operation: Operation = catalogue[id]
      const [method = 'GET', path = ''] = operation.route.split(' ')
      const { params, query, body } = asked as { params: object; query: object; body?: unknown }
      const target = `${fill(path, params)}${search(query)}`
      const sent = body === undefined ? undefined : JSON.stringify(body)
      return (await sendPatiently(method, target, sent, key)) as never
    },
    openApi: () => sendPatiently('GET', '/openapi.json'),
    evidenceSchema: () => sendPatiently('GET', `/${EVIDENCE_SCHEMA_FILE}`),
  }
}

const fill = (path: string, params: object): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(Reflect.get(params, name))))

const search = (query: object): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A problem in its own words; API Gateway’s own refusals, which have a message, in theirs. */
const refused = (status: number, answer: unknown): ApiFailure => {
  const { detail, message } = (answer ?? {}) as { detail?: unknown; message?: unknown }
  if (typeof detail === 'string') return new ApiFailure(detail, status, answer as Problem)
  const said = typeof message === 'string' ? message : 'no reason given'
  return new ApiFailure(`The API refused with status ${status}: ${said}`, status, null)
}

const reasonOf = (error: unknown): string => {
  const { cause, name } = error as { cause?: { code?: unknown; message?: unknown }; name?: unknown }
  return String(cause?.code ?? cause?.message ?? name)
}
