import type { TrafficKind } from '../../support/vxlan-sender-traffic.ts'
import { capacityOf, isLossless } from '../capacity.ts'
import { type GatewaySummary, losses } from '../gateway.ts'
import { cpuSum } from '../process-usage.ts'
import type { Figures, Row } from '../row.ts'
import { type Phase, startRun, type Traffic } from '../run.ts'
import { stageShares } from '../stages.ts'
import { undiciAlone } from '../undici-alone.ts'

const CONNECTIONS = 200
const SECONDS = 4
/** For figures that compare, where a machine reaches it. */
const COMMON_RATE = 5_000
/** A machine that does other things too does not hold the highest rate of a short search for long. */
const HOLD = 0.8
const TRIES = 5

/** What is sent, and whether the gateway redacts it, as it does unless it is told otherwise. */
const ROWS: Record<string, { kind: TrafficKind; isRedacted: boolean }> = {
  'get-360': { kind: 'get', isRedacted: true },
  'get-360-unredacted': { kind: 'get', isRedacted: false },
  'post-4096': { kind: 'post', isRedacted: true },
  'paired-responses': { kind: 'paired', isRedacted: true },
  'short-connections': { kind: 'short', isRedacted: true },
}

/** From mirrored packet to forwarded request, one worker, which stands still for 50 ms every second. */
export const endToEndRows: Row[] = Object.entries(ROWS).map(([name, { kind, isRedacted }]) => ({
  name,
  group: 'end to end, one worker',
  run: async ({ log }) => {
    const traffic: Traffic = { kind, connections: CONNECTIONS }
    const capacity = await capacityOf(traffic)
    log(`${name}: the search ended at ${Math.round(capacity.rate)}/s by ${capacity.endedBy}`)
    for (let attempt = 1, rate = capacity.rate * HOLD; ; attempt++, rate *= HOLD) {
      const measured = await measure(traffic, isRedacted, rate)
      if (!isLossless(measured.summary) && attempt < TRIES) {
        log(`${name}: ${JSON.stringify(losses(measured.summary))} at ${Math.round(rate)}/s, lower`)
        continue
      }
      return [
        {
          name,
          figures: {
            ...figures(measured),
            'of undici alone': kind === 'get' ? await ofUndiciAlone(measured) : null,
            stages: text(await stageShares(traffic, isRedacted, rate)),
          },
        },
      ]
    }
  },
}))

type Measured = { atRate: Phase; atCommonRate: Phase | null; peakMb: number; summary: GatewaySummary }

const measure = async (traffic: Traffic, isRedacted: boolean, rate: number): Promise<Measured> => {
  const run = await startRun(traffic, { isPaused: true, isRedacted })
  const atCommonRate = rate < COMMON_RATE ? null : await run.phase(COMMON_RATE, SECONDS)
  const atRate = await run.phase(rate, SECONDS)
  const { peak } = run.gateway.memory()
  return { atRate, atCommonRate, peakMb: peak, summary: await run.end() }
}

const figures = ({ atRate, atCommonRate, peakMb, summary }: Measured): Figures => {
  const lost = losses(summary)
  return {
    'requests/s': Math.round(atRate.rate),
    'CPU ms per 1,000': perThousand(atRate, cpuSum(atRate.cpu)),
    'of it receiver': perThousand(atRate, atRate.cpu.receiver ?? 0),
    'at 5,000/s': atCommonRate && perThousand(atCommonRate, cpuSum(atCommonRate.cpu)),
    'peak MB': Math.round(peakMb),
    lost: Object.keys(lost).length === 0 ? 'none' : text(lost),
    'all arrived': atRate.isSame && (atCommonRate?.isSame ?? true),
  }
}

/** All of a request's cost, from mirrored packet to the shadow's answer, in multiples of what undici takes to send as many. */
const ofUndiciAlone = async ({ atCommonRate }: Measured): Promise<number | null> =>
  atCommonRate &&
  Math.round((perThousand(atCommonRate, cpuSum(atCommonRate.cpu)) / (await undiciAlone(COMMON_RATE))) * 100) /
    100

const perThousand = ({ forwarded }: Phase, ms: number): number =>
  forwarded === 0 ? 0 : Math.round((ms / forwarded) * 10_000) / 10

const text = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
