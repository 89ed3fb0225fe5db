import * as z from 'zod'
import { Usd } from './money.ts'
import { EniId } from './source.ts'
import { Volume } from './traffic.ts'

const count = z.int().nonnegative()
const Percent = z.number().min(0).max(100)

/**
 * Before the first stage: one network interface in each zone is mirrored for a while, to prove the way from there to the
 * shadow and to measure what no API knows.
 */
export const Probe = z.strictObject({
  seconds: z
    .int()
    .min(30)
    .max(600)
    .default(60)
    .describe(
      'how long it measures, from when its sources mirror; three times that, until something has come',
    ),
  after: z
    .enum(['go-on', 'ask'])
    .default('go-on')
    .describe(
      'go-on: the first stage begins, and the experiment ends as failed when the probe finds a problem; ' +
        'ask: it is paused with what was found, until somebody resumes or stops it',
    ),
  answeredPercent: Percent.default(50).describe(
    'a problem when the shadow answers less of the forwarded requests, whatever with',
  ),
  unreadablePercent: Percent.default(50).describe(
    'a problem when more of the mirrored payload is not HTTP that can be read, such as TLS',
  ),
  maxUsd: Usd.positive()
    .exactOptional()
    .describe('a problem when all sources are expected to cost more by the end; the budget when left out'),
})
export type Probe = z.output<typeof Probe>

/** What a probe has measured: nothing of it was known before. */
export const ProbeFindings = z.strictObject({
  at: z.iso.datetime(),
  seconds: z.number().nonnegative().describe('measured for'),
  sources: count.describe('network interfaces probed, of `candidates`'),
  candidates: count,
  zones: count,
  silent: z.array(EniId).max(10).describe('probed interfaces of which nothing arrived'),
  volume: Volume,
  bytesPerSecond: z.number().nonnegative().describe('on average, with the headers around mirrored packets'),
  peakBytesPerSecond: z.number().nonnegative().describe('between two looks, at the most'),
  received: count.describe('requests'),
  forwarded: count,
  answered: count.describe('of `forwarded`: the shadow gave an answer, whatever its status'),
  bytesPerRequest: z
    .number()
    .nonnegative()
    .nullable()
    .describe('mirrored inner bytes; null without any request'),
  unreadableShare: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('of the payload: in connections that carry no HTTP that can be read; null without any payload'),
  truncatedPackets: count.describe('cut by the packet length, or on the way'),
  protocols: z.record(z.string(), count).describe('connections that carry something else, by what it is'),
  expectedUsd: Usd.describe(
    'spend at the end if all candidates are mirrored from now on and send as the probed ones do (estimated)',
  ),
  expectedUsdPerGb: Usd.nullable().describe('that, for each GB mirrored until then'),
  problems: z
    .array(z.string())
    .describe('one sentence each; empty: the way works, and the rest may be mirrored'),
})
export type ProbeFindings = z.output<typeof ProbeFindings>

/** Where the probe of an experiment is. */
export const ProbeNow = z
  .strictObject({
    state: z
      .enum(['probing', 'asking', 'passed'])
      .describe('asking: paused until somebody resumes or stops it'),
    since: z.iso.datetime().nullable().describe('since when all of its sources mirror; null before'),
    found: ProbeFindings.nullable().describe('null until it has measured for long enough'),
  })
  .meta({ id: 'ProbeNow' })
export type ProbeNow = z.output<typeof ProbeNow>

const rate = (bytes: number): string => `${(bytes / 1e6).toPrecision(3)} MB/s`
const percent = (share: number): string => `${Math.round(100 * share)} %`
const dollars = (usd: number): string => `$${usd >= 1 ? usd.toFixed(2) : usd.toPrecision(2)}`

/** What was found, in sentences. */
export const probeWords = (found: ProbeFindings): string => {
  const { sources, candidates, zones, seconds, received, forwarded, answered, unreadableShare } = found
  const requests =
    found.bytesPerRequest === null
      ? 'no request'
      : `${received} requests of ${Math.round(found.bytesPerRequest)} bytes each`
  const reached =
    forwarded === 0 ? '' : `, ${percent(answered / forwarded)} of ${forwarded} forwarded answered`
  const unread = unreadableShare === null ? '' : `, ${percent(unreadableShare)} of the payload unreadable`
  const perGb = found.expectedUsdPerGb === null ? '' : `, ${dollars(found.expectedUsdPerGb)} per GB`
  return (
    `${sources} of ${candidates} sources in ${zones} ${zones === 1 ? 'zone' : 'zones'} for ${Math.round(seconds)} s: ` +
    `${rate(found.bytesPerSecond)}, ${rate(found.peakBytesPerSecond)} at the peak; ${requests}${reached}${unread}. ` +
    `All ${candidates} are expected to cost ${dollars(found.expectedUsd)} by the end (estimated)${perGb}.`
  )
}
