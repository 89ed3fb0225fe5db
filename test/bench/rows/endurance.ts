import { setTimeout as sleep } from 'node:timers/promises'
import { capacityOf, isLossless } from '../capacity.ts'
import { losses } from '../gateway.ts'
import type { Figures, Row } from '../row.ts'
import { startRun, type Traffic } from '../run.ts'
import { BUCKET } from '../shadow-process.ts'

const GET: Traffic = { kind: 'get', connections: 200 }
const GROUP = 'endurance'

const lossText = (summary: Parameters<typeof losses>[0]): string => {
  const lost = Object.entries(losses(summary))
  return lost.length === 0 ? 'none' : lost.map(([name, count]) => `${name} ${count}`).join(', ')
}

const OVERLOAD_SECONDS = 3
const AFTER_SECONDS = 4

/** Twice what it can do, then half of it: receiving goes on, every drop is counted, and it is itself again at once. */
const overloadRow: Row = {
  name: 'overload-2x',
  group: GROUP,
  run: async () => {
    const { rate } = await capacityOf(GET)
    const run = await startRun(GET)
    const before = await run.shadow.counts()
    const overload = await run.sender.run(rate * 2, Math.round(rate * 2 * OVERLOAD_SECONDS))
    const after = await run.sender.run(rate / 2, Math.round((rate / 2) * AFTER_SECONDS))
    const counts = await run.shadow.settled(before.requests + overload.exchanges + after.exchanges)
    const summary = await run.end()

    const firstAfter = before.requests + overload.exchanges
    const end = firstAfter + after.exchanges
    let recovered = firstAfter
    for (let bucket = Math.ceil(firstAfter / BUCKET); (bucket + 1) * BUCKET <= end; bucket++)
      if ((counts.buckets[bucket] ?? 0) < BUCKET) recovered = (bucket + 1) * BUCKET
    const counted = summary.requests
    const { kernel_overflow = 0, received = 0 } = summary.datagrams
    // Everything that was sent before: the warm-up, whose numbers begin at zero, and the opening of the connections.
    const datagrams = end + 2 * GET.connections
    const figures: Figures = {
      'requests/s': Math.round(overload.exchanges / overload.seconds),
      sent: end,
      forwarded: counted.forwarded,
      lost: lossText(summary),
      'recovered in s':
        Math.round((recovered - firstAfter) / (after.exchanges / after.seconds) / 0.01) * 0.01,
      'not accounted datagrams': datagrams - received - kernel_overflow,
      holds:
        received + kernel_overflow === datagrams &&
        counted.forwarded === counts.requests &&
        summary.violations.length === 0 &&
        (recovered - firstAfter) / (after.exchanges / after.seconds) <= 1,
    }
    return [{ name: 'overload-2x', figures }]
  },
}

const OPEN_FLOWS = 100_000
/** So few that no backlog of requests is counted with the connections. */
const FLOWS_RATE = 1_000

/** Memory of open connections, each of which has had a request; all of the process, its ring and Node included. */
const flowsRow: Row = {
  name: 'flows-100k',
  group: GROUP,
  run: async () => {
    const run = await startRun({ kind: 'get', connections: OPEN_FLOWS }, { isPaused: true }, false)
    const phase = await run.phase(FLOWS_RATE, OPEN_FLOWS / FLOWS_RATE)
    const { now, peak } = run.gateway.memory()
    const summary = await run.end()
    const figures: Figures = {
      'requests/s': Math.round(phase.rate),
      sent: phase.sent,
      forwarded: phase.forwarded,
      lost: lossText(summary),
      'MB at the end': Math.round(now),
      'peak MB': Math.round(peak),
      holds: isLossless(summary) && phase.isSame && peak <= 256,
    }
    return [{ name: 'flows-100k', figures }]
  },
}

const SAMPLE_SECONDS = 5
/** Growth that is more than noise. */
const FLAT_MB_PER_MINUTE = 5

/** Half of what it can do, for long, with its pauses of 50 ms. */
const soakRow: Row = {
  name: 'soak',
  group: GROUP,
  run: async ({ soakMinutes, log }) => {
    const { rate } = await capacityOf(GET)
    const run = await startRun(GET, { isPaused: true })
    const samples: number[] = []
    let sent = 0
    let forwarded = 0
    for (const until = Date.now() + soakMinutes * 60_000; Date.now() < until; ) {
      const phase = await run.phase(rate / 2, SAMPLE_SECONDS)
      sent += phase.sent
      forwarded += phase.forwarded
      samples.push(run.gateway.memory().now)
      await sleep(0)
    }
    const { peak } = run.gateway.memory()
    const summary = await run.end()
    const slope = growthPerMinute(samples.slice(Math.floor(samples.length / 3)))
    log(`soak: memory in MB every ${SAMPLE_SECONDS} s: ${samples.map(Math.round).join(' ')}`)
    const figures: Figures = {
      'requests/s': Math.round(rate / 2),
      sent,
      forwarded,
      lost: lossText(summary),
      'peak MB': Math.round(peak),
      'MB per minute': Math.round(slope * 10) / 10,
      minutes: soakMinutes,
      holds: isLossless(summary) && (soakMinutes < 3 || slope < FLAT_MB_PER_MINUTE),
    }
    return [{ name: 'soak', figures }]
  },
}

/** Slope of a straight line through the samples. */
const growthPerMinute = (samples: readonly number[]): number => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const middle = (samples.length - 1) / 2
  const level = mean(samples)
  let covariance = 0
  let variance = 0
  for (const [index, value] of samples.entries()) {
    covariance += (index - middle) * (value - level)
    variance += (index - middle) ** 2
  }
  return variance === 0 ? 0 : (covariance / variance) * (60 / SAMPLE_SECONDS)
}

export const enduranceRows: Row[] = [overloadRow, flowsRow, soakRow]
