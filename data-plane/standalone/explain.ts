import { readFile } from 'node:fs/promises'
import type { RequestReason } from '../../contract/traffic.ts'
import { exchangesOf } from '../extract.ts'
import type { IncompleteReason, Request } from '../http/exchange.ts'
import { type Rules, Selector } from '../select/rules.ts'
import { formatEndpoint } from '../wire/address.ts'

export type ExplainOptions = { file: string; ports: number[] | null; rules: Rules }

/** What a gateway would have done with one request of a capture. */
export type Explanation = {
  at: string
  client: string
  server: string
  method: string
  target: string
  host: string | null
  decision: 'forward' | 'leave out'
  /** As `outcome.reason`; null when it is forwarded. */
  reason: RequestReason | null
  /** The rule that decided, as its place in the selection. */
  rule: string
  /** Sent beside it by a share above 100 %. */
  copies: number
}

/**
 * What the rules say to each request of a capture, in the order in which requests were complete: limits per second go by
 * capture time. A share that adapts is taken whole, as there is no shadow. Throws what reading the file throws.
 *
 * @param experiment what the gateway’s experiment is called: it decides who belongs to a share
 */
export const explained = (
  file: Buffer,
  { ports, rules }: Omit<ExplainOptions, 'file'>,
  experiment: string,
): Explanation[] => {
  const selector = new Selector(experiment, rules)
  return exchangesOf(file)
    .flatMap(({ request }) => (request === null ? [] : [request]))
    .filter(({ connection }) => ports === null || ports.includes(connection.server.port))
    .sort((a, b) => a.lastAt - b.lastAt)
    .map((request) => {
      const reason = incompleteReason(request) ?? selector.refusal(request)
      const isIncomplete = reason?.startsWith('incomplete') ?? false
      return {
        at: new Date(request.firstAt).toISOString(),
        client: formatEndpoint(request.connection.client.address, request.connection.client.port),
        server: formatEndpoint(request.connection.server.address, request.connection.server.port),
        method: request.method,
        target: request.target,
        host: request.host,
        decision: reason === null ? 'forward' : 'leave out',
        reason,
        rule: isIncomplete ? 'complete requests only' : selector.rule,
        copies: reason === null ? selector.copies : 0,
      }
    })
}

const incompleteReason = ({ complete, incomplete }: Request): RequestReason | null =>
  complete || incomplete === null ? null : INCOMPLETE[incomplete]

const INCOMPLETE: Readonly<Record<IncompleteReason, RequestReason>> = {
  gap: 'incomplete.gap',
  closed: 'incomplete.closed',
  reset: 'incomplete.closed',
  idle: 'incomplete.closed',
  too_large: 'incomplete.oversized',
  evicted: 'incomplete.evicted',
  protocol: 'held_back.ambiguous_framing',
}

/** Prints one line of JSON per request. */
export const runExplain = async (options: ExplainOptions, experiment: string): Promise<boolean> => {
  for (const line of explained(await readFile(options.file), options, experiment))
    process.stdout.write(`${JSON.stringify(line)}\n`)
  return true
}
