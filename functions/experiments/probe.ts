import type { ExperimentSpec } from '../../contract/experiment.ts'
import type { Probe, ProbeFindings } from '../../contract/probe.ts'
import type { SourceEni } from '../../contract/source.ts'
import { dollars } from '../cost/budget.ts'
import type { ExperimentRecord } from './record.ts'

/** Whether its first stage has not begun, since its probe is not over. */
export const isProbing = ({ experiment }: Pick<ExperimentRecord, 'experiment'>): boolean =>
  experiment.probe !== null && experiment.probe.state !== 'passed'

export const zonesAmong = (sources: readonly Pick<SourceEni, 'availabilityZone'>[]): number =>
  new Set(sources.map(({ availabilityZone }) => availabilityZone)).size

/** What was measured, before it is judged. */
export type Measured = Omit<ProbeFindings, 'problems'>

/** How often the time of a probe is waited for anything to come. */
const PATIENCE = 3
const SHOWN = 3

/**
 * What was found; null while the probe has not lasted, or something may still come.
 *
 * @param waited seconds since its sources mirror; `measured.seconds` of them are known from reports
 */
export const judgeProbe = (
  spec: ExperimentSpec,
  probe: Probe,
  measured: Measured,
  waited: number,
): ProbeFindings | null => {
  const isLate = waited >= PATIENCE * probe.seconds
  if (measured.seconds < probe.seconds && !isLate) return null
  const missing = missingFrom(spec, probe, measured, `in ${Math.round(waited)} s`)
  if (missing.length > 0 && !isLate) return null
  return { ...measured, problems: [...missing, ...tooMuch(spec, probe, measured)] }
}

/** What has not come yet, from the sources’ end of the way to the shadow’s. */
const missingFrom = (
  { requests }: ExperimentSpec,
  { answeredPercent }: Probe,
  { silent, sources, volume, received, forwarded, answered, protocols }: Measured,
  time: string,
): string[] => {
  if (volume.packets === 0)
    return [
      `No packet of any probed source arrived ${time}: mirroring, load balancer or gateways do not pass them, or there is no traffic.`,
    ]
  const quiet =
    silent.length === 0
      ? []
      : [`Nothing arrived ${time} of ${silent.length} of ${sources} probed sources: ${listed(silent)}.`]
  if (received === 0) {
    const others = Object.entries(protocols).map(([name, connections]) => `${name} ${connections}`)
    const seen = others.length > 0 ? ` Connections that carry something else: ${others.join(', ')}.` : ''
    return [...quiet, `Packets arrive, but no request could be read in them ${time}.${seen}`]
  }
  if (requests.percent === 0) return quiet
  if (forwarded === 0)
    return [
      ...quiet,
      `None of ${received} requests was forwarded ${time}: they are held back, filtered or incomplete.`,
    ]
  return answered * 100 >= answeredPercent * forwarded
    ? quiet
    : [
        ...quiet,
        `The shadow answered ${answered} of ${forwarded} forwarded requests, less than ${answeredPercent} %.`,
      ]
}

const tooMuch = (
  { budgetUsd }: ExperimentSpec,
  { unreadablePercent, maxUsd = budgetUsd }: Probe,
  { unreadableShare, expectedUsd, candidates }: Measured,
): string[] => [
  ...(unreadableShare !== null && unreadableShare * 100 > unreadablePercent
    ? [
        `${Math.round(unreadableShare * 100)} % of the mirrored payload is not HTTP that can be read, more than ${unreadablePercent} %: it would be paid for nothing.`,
      ]
    : []),
  ...(expectedUsd > maxUsd
    ? [
        `All ${candidates} sources are expected to cost ${dollars(expectedUsd)} by the end, more than ${dollars(maxUsd)}.`,
      ]
    : []),
]

const listed = (names: readonly string[]): string =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
