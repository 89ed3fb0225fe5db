import { lookup as systemLookup } from 'node:dns'
import { request as http } from 'node:http'
import { request as https } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import * as z from 'zod'
import { type AllowedShadows, destinationRefusal } from '../../contract/destination.ts'
import type { Metric } from '../../contract/metric.ts'
import type { Point } from './series.ts'

export type PrometheusMetric = Extract<Metric, { from: 'prometheus' }>
type Range = Readonly<{ start: Date; end: Date; periodSeconds: number }>

/** For name, connection and whole answer together: a tick has other things to do. */
const PATIENCE_MS = 3_000
/** A hundred values of one series are some 4 KB. */
const ANSWER_BYTES_MAX = 256 * 1024

/** What the server says is never repeated to anybody. */
export class PrometheusError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PrometheusError'
  }
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries */
const Answer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
})

/**
 * A value per period; a point’s time is the beginning of its period, at the end of which the query is evaluated. The
 * address is judged as a shadow’s is, at the very connection; redirects are not followed.
 *
 * @throws PrometheusError
 */
export const queryRange = async (
  { url, query }: PrometheusMetric,
  { start, end, periodSeconds }: Range,
  allowed: AllowedShadows,
  patienceMs = PATIENCE_MS,
): Promise<Point[]> => {
  const address = new URL(url)
  address.pathname = `${address.pathname.replace(/\/$/, '')}/api/v1/query_range`
  address.search = new URLSearchParams({
    query,
    start: String(start.getTime() / 1000 + periodSeconds),
    end: String(end.getTime() / 1000),
    step: String(periodSeconds),
  }).toString()
  const parsed = Answer.safeParse(jsonOf(await get(address, allowed, patienceMs)))
  if (!parsed.success) throw new PrometheusError('the answer is not one of Prometheus to a range query')
  const { result } = parsed.data.data
  if (result.length > 1)
    throw new PrometheusError(`the query gives ${result.length} series: make one of them, such as by sum(…)`)
  return (result[0]?.values ?? []).flatMap(([at, text]) => {
    const value = Number(text)
    return Number.isFinite(value) ? [{ at: Math.round(1000 * (at - periodSeconds)), value }] : []
  })
}

const get = (address: URL, allowed: AllowedShadows, patienceMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const isSecure = address.protocol === 'https:'
    const port = Number(address.port) || (isSecure ? 443 : 80)
    const host = address.hostname.replace(/^\[|\]$/g, '')
    const refusal = isIP(host) === 0 ? null : destinationRefusal(host, port, allowed, [])
    if (refusal !== null) return reject(new PrometheusError(`its address is not allowed: ${refusal}`))
    const signal = AbortSignal.timeout(patienceMs)
    const fail = (cause: Error) =>
      reject(
        cause instanceof PrometheusError
          ? cause
          : new PrometheusError(signal.aborted ? 'it did not answer in time' : 'it cannot be reached', {
              cause,
            }),
      )
    const call = (isSecure ? https : http)(
      address,
      { signal, agent: false, lookup: guarded(port, allowed), headers: { accept: 'application/json' } },
      (response) => {
        if (response.statusCode !== 200) {
          fail(new PrometheusError(`it answered ${response.statusCode}`))
          call.destroy()
          return
        }
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length <= ANSWER_BYTES_MAX) chunks.push(chunk)
          else call.destroy(new PrometheusError(`it answered more than ${ANSWER_BYTES_MAX / 1024} KiB`))
        })
        response.once('error', fail)
        response.once('end', () => resolve(Buffer.concat(chunks).toString()))
      },
    )
    call.on('error', fail)
    call.end()
  })

/** Only addresses that may be connected to: what was judged is what is used, whatever the name leads to a moment later. */
const guarded =
  (port: number, allowed: AllowedShadows): LookupFunction =>
  (host, options, done) =>
    systemLookup(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, [])
      const fit = found.filter(({ address }) => destinationRefusal(address, port, allowed, []) === null)
      const [first] = fit
      if (first === undefined) done(new PrometheusError('its name leads to no address that is allowed'), [])
      else if (options.all) done(null, fit)
      else done(null, first.address, first.family)
    })

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
