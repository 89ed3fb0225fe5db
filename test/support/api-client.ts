import type { Experiment, ExperimentSpecInput } from '../../contract/experiment.ts'
import type { Ledger } from '../../contract/ledger.ts'
import type { Verdict } from '../../contract/verdict.ts'

/** The API as a pipeline calls it: HTTP and JSON. */
export const apiClient = ({ api, token }: Readonly<{ api: string; token: string }>) => {
  const call = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }
  return {
    create: (spec: ExperimentSpecInput, key?: string) =>
      call<Experiment>('POST', '/experiments', spec, key === undefined ? {} : { 'idempotency-key': key }),
    list: () => call<{ experiments: Experiment[] }>('GET', '/experiments'),
    verdict: (id: string) => call<Verdict>('GET', `/experiments/${id}/verdict`),
    get: (id: string) => call<Experiment>('GET', `/experiments/${id}`),
    stop: (id: string) => call<Experiment>('POST', `/experiments/${id}/stop`, {}),
    extend: (id: string, bySeconds: number) =>
      call<Experiment>('POST', `/experiments/${id}/extend`, { bySeconds }),
    ledger: (id: string) => call<Ledger>('GET', `/experiments/${id}/ledger`),
    sources: () =>
      call<{ sources: { eni: string; verdict: string; name: string | null }[] }>('GET', '/sources'),
  }
}
