import {
  type EndpointTally,
  keepSamples,
  SAMPLES_PER_DIFFERENCE,
  type Sample,
} from '../../contract/comparison.ts'
import type { Exchange, Request, Response } from '../http/exchange.ts'
import { type Answer, compareAnswers } from './answers.ts'
import type { Sides } from './comparer.ts'
import type { Difference } from './difference.ts'
import { type Drift, isOfData } from './drift.ts'
import type { EndpointNames } from './endpoint-names.ts'
import { EndpointRecord } from './endpoint-record.ts'
import { Repeats } from './repeats.ts'
import { bodyContent, requestContent } from './sample-content.ts'
import { Unexplained } from './unexplained.ts'

/** Endpoints told apart; all requests of others are one. */
const ENDPOINTS_MAX = 150
export const OTHER_ENDPOINTS = '(other endpoints)'
/** An exchange the shadow took so much longer for is a sample of slowness. */
const SLOWER_MS = 10
/** Samples of all differences together. */
const SAMPLES_MAX = 600

/** The shadow’s side of a pair; `answer` is null when it gave none. Milliseconds to the head of its answer, and to its end. */
export type ShadowSide = {
  readonly answer: Answer | null
  readonly milliseconds: number
  readonly wholeMilliseconds: number
}

/** Compares pairs and counts what it finds, in bounded memory whatever the traffic. */
export class Tally {
  readonly #random: () => number
  readonly #drift: Drift
  readonly #names: EndpointNames
  readonly #unexplained = new Unexplained()
  readonly #endpoints = new Map<string, EndpointRecord>()
  readonly #repeats = new Repeats()
  #samples: Sample[] = []
  /** Ranks of the samples of each difference that are kept. */
  readonly #lowest = new Map<string, readonly number[]>()

  /** @param random 0 to 1: which samples are kept */
  constructor(random: () => number, drift: Drift, names: EndpointNames) {
    this.#random = random
    this.#drift = drift
    this.#names = names
  }

  heldWrite(exchange: Exchange): void {
    this.#drift.heldWrite(exchange)
  }

  pair(request: Request, sides: Sides): void {
    const { production, shadow, control } = sides
    const record = this.#record(request)
    record.compared++
    record.status(production.status, shadow.answer?.status ?? 'failed')
    const age = this.#drift.ageAt(request.lastAt)
    if (age !== null) record.aged(age)
    const milliseconds = production.firstAt - request.lastAt
    let isDrift = false
    if (shadow.answer === null) record.failed++
    else {
      if (milliseconds > 0) {
        record.latency(milliseconds / 1000, shadow.milliseconds / 1000)
        record.whole((production.lastAt - request.lastAt) / 1000, shadow.wholeMilliseconds / 1000)
      }
      const differences = compareAnswers(answerOf(production), shadow.answer, request.lastAt)
      isDrift = this.#count(record, differences, age, request, production, shadow.answer)
      for (const difference of differences) {
        const { kind, path, shaped } = difference
        if (shaped || (isDrift && isOfData(difference))) continue
        this.#sample(record.endpoint, kind, path, request, sides)
      }
      if (shadow.milliseconds > milliseconds + SLOWER_MS)
        this.#sample(record.endpoint, 'slower', '', request, sides)
    }
    if (control !== null) this.#control(record, request, production, shadow, control, isDrift)
    const before = this.#repeats.swap(request, production)
    if (before !== null) record.repeat(compareAnswers(answerOf(before), answerOf(production), request.lastAt))
  }

  #control(
    record: EndpointRecord,
    { lastAt }: Request,
    production: Response,
    shadow: ShadowSide,
    { answer, milliseconds }: ShadowSide,
    isDrift: boolean,
  ): void {
    const found: readonly Difference[] =
      answer === null
        ? [{ kind: 'status', path: `${production.status}>failed`, shaped: false }]
        : compareAnswers(answerOf(production), answer, lastAt)
    const controlled = record.control(found, isDrift)
    if (answer !== null && shadow.answer !== null)
      controlled.latency(milliseconds / 1000, shadow.milliseconds / 1000)
  }

  /** Counts differences; whether older data explains what it can explain. */
  #count(
    record: EndpointRecord,
    differences: readonly Difference[],
    age: number | null,
    request: Request,
    production: Response,
    shadow: Answer,
  ): boolean {
    const mayBeDrift = differences.some((difference) => !difference.shaped && isOfData(difference))
    const subjects = mayBeDrift ? this.#drift.subjects(request, production, shadow) : []
    const isDrift = mayBeDrift && (this.#drift.isHeld(subjects) || this.#drift.isNewer(request, production))
    record.differences(differences, isDrift, age)
    if (mayBeDrift && !isDrift && subjects.length > 0)
      this.#unexplained.add({ record, differences, subjects, age })
    return isDrift
  }

  get samples(): Sample[] {
    this.#samples = keepSamples(this.#samples).slice(0, SAMPLES_MAX)
    return this.#samples
  }

  encode(): EndpointTally[] {
    this.#unexplained.look(this.#drift)
    return [...this.#endpoints.values()].map((record) => record.encode())
  }

  #sample(
    endpoint: string,
    kind: Sample['kind'],
    path: string,
    request: Request,
    { production, shadow, masked }: Sides,
  ): void {
    const { client, server } = request.connection
    const rank = this.#random()
    if (!this.#mayStay(endpoint, kind, path, rank)) return
    this.#samples.push({
      endpoint,
      kind,
      path,
      at: new Date(request.lastAt).toISOString(),
      rank,
      requestId: requestIdOf(request.headers) ?? requestIdOf(production.headers),
      traceId: requestIdOf(request.headers, TRACE_HEADERS),
      client: `${client.address}:${client.port}`,
      request: masked ? requestContent(request) : null,
      production: {
        status: production.status,
        milliseconds: rounded(production.firstAt - request.lastAt),
        server: `${server.address}:${server.port}`,
        body: masked ? bodyContent(production.headers, production.body) : null,
      },
      shadow: {
        status: shadow.answer?.status ?? 0,
        milliseconds: rounded(shadow.milliseconds),
        body: masked && shadow.answer ? bodyContent(shadow.answer.headers, shadow.answer.body) : null,
      },
    })
    if (this.#samples.length >= SAMPLES_MAX * (1 + SAMPLES_PER_DIFFERENCE)) this.samples
  }

  /** Bodies are read of those samples only that may be kept: most differences are seen again and again. */
  #mayStay(endpoint: string, kind: Sample['kind'], path: string, rank: number): boolean {
    const key = `${endpoint} ${kind} ${path}`
    const lowest = this.#lowest.get(key) ?? []
    if (lowest.length >= SAMPLES_PER_DIFFERENCE && rank >= (lowest.at(-1) as number)) return false
    if (this.#lowest.size >= SAMPLES_MAX && !this.#lowest.has(key)) return false
    this.#lowest.set(key, [...lowest, rank].sort((a, b) => a - b).slice(0, SAMPLES_PER_DIFFERENCE))
    return true
  }

  #record({ method, target }: Request): EndpointRecord {
    const endpoint = this.#names.nameOf(method, target)
    const known = this.#endpoints.get(endpoint)
    if (known) return known
    const name = this.#endpoints.size < ENDPOINTS_MAX ? endpoint : OTHER_ENDPOINTS
    const record = this.#endpoints.get(name) ?? new EndpointRecord(name)
    this.#endpoints.set(name, record)
    return record
  }
}

/** Trailers, which hold the status of a gRPC call, are compared as headers are. */
const answerOf = ({ status, headers, trailers, body }: Response): Answer => ({
  status,
  headers: trailers.length > 0 ? [...headers, ...trailers] : headers,
  body,
})

const ID_HEADERS = new Set(['x-request-id', 'x-amzn-trace-id', 'traceparent'])
const ID_LENGTH_MAX = 128

const TRACE_HEADERS = new Set(['x-amzn-trace-id', 'traceparent'])

const requestIdOf = (headers: readonly string[], names: ReadonlySet<string> = ID_HEADERS): string | null => {
  for (let i = 0; i < headers.length; i += 2)
    if (names.has((headers[i] as string).toLowerCase()))
      return (headers[i + 1] as string).slice(0, ID_LENGTH_MAX)
  return null
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 100) / 100
