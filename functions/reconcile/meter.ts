import type { Experiment } from '../../contract/experiment.ts'
import { controlTarget, type ShadowSpec, shadowTargets } from '../../contract/forwarding.ts'
import type { GatewayReport } from '../../contract/gateway-report.ts'
import type { MeterPoint } from '../../contract/meter.ts'
import { usdPerGb } from '../../contract/money.ts'
import { Thresholds } from '../../contract/thresholds.ts'
import {
  addHeldBack,
  addRecorded,
  addRedacted,
  addRequests,
  noPayload,
  OVERLOAD,
  type RequestCounts,
  zeroRequests,
} from '../../contract/traffic.ts'
import type { Verdict } from '../../contract/verdict.ts'
import { crossAzShare } from '../cost/cross-az.ts'
import { forecastUsd } from '../cost/forecast.ts'
import { stopSeconds } from '../cost/hours.ts'
import { LIVE_MS, liveUsdPerGb } from '../cost/live.ts'
import { meterSpend, OUTER_BYTES_PER_PACKET } from '../cost/spend.ts'
import { usedBy } from '../cost/used.ts'
import { canaryOf, needsCanary } from '../experiments/canary.ts'
import { lossesNow, withGaps } from '../experiments/gaps.ts'
import type { Observed, View } from '../experiments/observed.ts'
import { waitingFor } from '../experiments/plan.ts'
import { joinable } from '../experiments/plan-fleet.ts'
import { probeReason } from '../experiments/plan-probe.ts'
import { asksVerdict, stageNow } from '../experiments/plan-ramp.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import type { Settings } from '../experiments/settings.ts'
import { silentSince } from '../experiments/silence.ts'
import { judge } from '../experiments/verdict.ts'
import { readComparison } from '../store/comparisons.ts'
import { updateRecord } from '../store/experiments.ts'
import { appendPoint, listPoints } from '../store/meter.ts'
import { readNoise } from '../store/noise.ts'
import { readResources } from '../store/resources.ts'
import type { Table } from '../store/table.ts'
import { readTasks, type TaskTotal, writeTask } from '../store/tasks.ts'
import { afford } from './afford.ts'
import type { ControlPlane } from './control-plane.ts'
import { askWithinMonths, monthNow } from './months.ts'
import type { Look } from './observe.ts'
import { readProbe } from './probe.ts'
import { lookAtResources } from './resources.ts'
import { unheardNow } from './unheard.ts'
import { watch } from './watch.ts'

const DAY_MS = 86_400_000

export type Metered = { record: ExperimentRecord; money: NonNullable<Observed['money']> }

/**
 * Reads the gateways’ reports into the experiment’s totals, prices them, and asks whether the budget affords to stay
 * until the next look. Totals are sums of the tasks’ own totals, so that reading a report twice changes nothing.
 */
export const meter = async (plane: ControlPlane, view: View, look: Look): Promise<Metered> => {
  const { table, settings } = plane
  const now = new Date(plane.now())
  const { experiment, life } = view.record
  const prices = await plane.prices.of(life.prices)
  const known = await readTasks(table, experiment.id)
  const sharers = 1 + view.seen.others.length
  const { totals, bytesPerSecond } = mergeReports(view.record, known, look.reports, sharers)
  for (const total of totals) if (!known.includes(total)) await writeTask(table, experiment.id, total)

  const running = new Set(look.tasks.map(({ task }) => task))
  const crossAz = crossAzShare(
    view.sessions.filter(({ state }) => state !== 'deleted').map(({ availabilityZone }) => availabilityZone),
    look.tasks.map(({ availabilityZone }) => availabilityZone),
    view.seen.gateways.crossZone,
  )
  const since = experiment.meteredAt ?? life.preparingSince ?? experiment.createdAt
  const elapsed = Math.max(0, now.getTime() - Date.parse(since)) / 1000
  const wanted = experiment.phase === 'preparing' || experiment.phase === 'mirroring'
  const nextLife = {
    ...life,
    prices: prices.version,
    recordDays: life.recordDays ?? plane.config.recordsMs / DAY_MS,
    month: monthNow(view.record, now),
    ticks: life.ticks + 1,
    silentSince: silentSince(view, known, totals, now),
    standingSeconds: life.standingSeconds + elapsed / sharers,
    // What was mirrored crossed zones as it did while it was mirrored: draining does not change it any more.
    ...(wanted && {
      crossAzShare: Math.max(crossAz.share, experiment.volume.bytes > 0 ? life.crossAzShare : 0),
    }),
  }
  const usage = usedBy(nextLife, experiment.spec.requests.record, view.sessions, totals, running)
  const spend = meterSpend(usage, prices, now)
  const requests = totals.reduce((sum, total) => addRequests(sum, total.requests), zeroRequests())
  const active = view.sessions.filter(({ state }) => state === 'active').length
  const budgetUsd = life.extension?.budgetUsd ?? experiment.spec.budgetUsd
  const money = await askWithinMonths(
    table,
    view.record,
    { now, until: untilNextLook(now, view, settings), spentUsd: spend.totalUsd, budgetUsd },
    (limit) => afford(plane, view, look, { now, usage, totals, running, bytesPerSecond, prices }, limit),
  )
  const metered: ExperimentRecord = {
    life: nextLife,
    experiment: {
      ...experiment,
      ...(wanted && { reason: reasonNow(view, money, joinable(view, now, settings).length) }),
      sources: active,
      gateways: view.seen.gateways.healthy,
      spend,
      forecastUsd: wanted
        ? forecastUsd(
            usage,
            prices,
            { mirroringSince: experiment.mirroringSince, endAt: experiment.endAt },
            now,
          )
        : spend.totalUsd,
      volume: usage.volume,
      usdPerGb: usdPerGb(spend.totalUsd, usage.volume.bytes),
      requests,
      ...(wanted && { cutConnections: cutBy(totals, running) }),
      leftOutPackets: totals.reduce((sum, { leftOut }) => sum + leftOut, 0),
      redacted: totals.reduce((sum, total) => addRedacted(sum, total.redacted), {}),
      heldBack: totals.reduce((sum, total) => addHeldBack(sum, total.heldBack), {}),
      recorded: totals.reduce((sum, total) => addRecorded(sum, total.recorded), {}),
      meteredAt: now.toISOString(),
    },
  }
  if (!isDue(view.record, now, settings.tickMs)) return { record: view.record, money }
  if (experiment.phase === 'mirroring')
    Object.assign(metered.life, await unheardNow(plane, { ...view, record: metered }))
  const watched =
    experiment.phase === 'mirroring'
      ? await watch(plane, view.record, requests, totals, instancesOf(view))
      : { health: experiment.health, metrics: 0 }
  metered.experiment.health = watched.health
  if (experiment.phase === 'mirroring' && needsCanary(experiment, life))
    metered.life.canary = canaryOf((await readComparison(table, experiment.id)).endpoints)
  if (experiment.phase === 'mirroring' && asksVerdict(metered, now))
    metered.life.verdict = await verdictSoFar(table, metered.experiment, now)
  const probe = wanted
    ? readProbe({ ...view, record: metered }, { totals, running, usage, prices, bytesPerSecond }, now)
    : null
  if (probe !== null) {
    metered.experiment.probe = probe.probe
    metered.life.probe = probe.base
  }
  metered.experiment.stage = stageNow({ ...view, record: metered }, now)
  metered.life.metricsRead +=
    watched.metrics + (await lookAtResources(plane, { ...view, record: metered }, totals, running))
  const point: MeterPoint = {
    at: now.toISOString(),
    spend,
    forecastUsd: metered.experiment.forecastUsd,
    volume: usage.volume,
    requests,
    sessions: active,
    gateways: view.seen.gateways.healthy,
  }
  metered.experiment.liveUsdPerGb =
    experiment.phase === 'mirroring'
      ? await liveNow(table, experiment.id, point, prices.prices['mirror-session-hour'].usd)
      : null
  const record = await updateRecord(
    table,
    withGaps(metered, lossesNow({ ...view, record: metered }, now, settings), now),
  )
  await appendPoint(table, experiment.id, point)
  const expectedUsd = metered.experiment.forecastUsd
  // infra/alarms.ts makes a metric of the share: above one the budget will end the experiment before its time.
  if (experiment.phase === 'mirroring')
    plane.log('info', 'metered', {
      experiment: experiment.id,
      spentUsd: spend.totalUsd,
      forecastUsd: expectedUsd,
      budgetUsd,
      forecastShare: expectedUsd / budgetUsd,
    })

  return { record, money }
}

/** Since the first point that is young enough. */
const liveNow = async (
  table: Table,
  id: string,
  now: MeterPoint,
  sessionUsd: number,
): Promise<number | null> => {
  const after = new Date(Date.parse(now.at) - LIVE_MS).toISOString()
  const [before] = (await listPoints(table, id, { after, maxResults: 1 })).items
  return before === undefined ? null : liveUsdPerGb(before, now, sessionUsd)
}

/** By when all that a yes may cost has been metered: the lease is over, the sessions are deleted, the gateways gone. */
const untilNextLook = (now: Date, { sessions }: View, settings: Settings): Date => {
  const { leaseMs, precisionMs, tickMs, drainLimitMs } = settings
  return new Date(
    now.getTime() + leaseMs + 2 * precisionMs + tickMs + drainLimitMs + 1000 * stopSeconds(sessions.length),
  )
}

/** As the gateways have compared by now. */
const verdictSoFar = async (
  table: Table,
  experiment: Experiment,
  now: Date,
): Promise<Pick<Verdict, 'outcome' | 'sentence'>> => {
  const thresholds = Thresholds.parse(experiment.spec.verdict ?? {})
  const [comparison, decisions, { tallies }] = await Promise.all([
    readComparison(table, experiment.id),
    readNoise(table, experiment.id),
    readResources(table, experiment.id),
  ])
  const { outcome, sentence } = judge(experiment, comparison, thresholds, now, {
    decisions,
    resources: tallies,
  })
  return { outcome, sentence }
}

/** Instances behind the interfaces that are mirrored now: a rule about production looks at these. */
const instancesOf = ({ sessions, seen }: View): string[] => {
  const mirrored = new Set(sessions.flatMap(({ eni, state }) => (state === 'active' ? [eni] : [])))
  const instances = (seen.sources ?? []).flatMap(({ eni, instance }) =>
    instance !== null && mirrored.has(eni) ? [instance] : [],
  )
  return [...new Set(instances)]
}

/** One point per tick, however many doors lead here in between; the last ones of a draining experiment always. */
const isDue = ({ experiment }: ExperimentRecord, now: Date, tickMs: number): boolean =>
  experiment.meteredAt === null ||
  experiment.phase === 'draining' ||
  now.getTime() - Date.parse(experiment.meteredAt) >= tickMs / 2

/** What people should know while it lives: what it waits for, and whom it leaves out. */
const reasonNow = (view: View, money: Metered['money'], joinable: number): string | null => {
  if (view.record.experiment.phase === 'preparing' || view.record.life.unfitSince !== null)
    return waitingFor(view)
  const probe = probeReason(view.record)
  if (probe !== null) return probe
  const { pausedSince } = view.record.experiment
  if (pausedSince !== null)
    return `Paused since ${pausedSince.slice(11, 19)} UTC: nothing is mirrored; its sessions stay, and their hours go on.`
  const unpaid = joinable - money.joiners.length
  if (unpaid > 0 && money.affordable)
    return `${unpaid} more ${unpaid === 1 ? 'source is' : 'sources are'} not mirrored: the budget does not pay for another session-hour.`
  return null
}

/** What was cut when tasks stopped that others took over from: what is open at the end is not. */
const cutBy = (totals: readonly TaskTotal[], running: ReadonlySet<string>): number =>
  totals.reduce((sum, { task, cut }) => (running.has(task) ? sum : sum + cut), 0)

/** A request that found no connection was not served. */
const servedBy = (
  { requests, shadows = {} }: GatewayReport['experiments'][string],
  spec: ShadowSpec,
): TaskTotal['served'] => {
  const reached = ({ forwarded, shadow, copies }: RequestCounts): number =>
    forwarded + copies.forwarded - (shadow.failed_connect ?? 0)
  const [first] = shadowTargets(spec)
  const own = shadows[first?.name ?? '']?.requests
  const control = spec.control && shadows[controlTarget(spec.control).name]?.requests
  return {
    shadow: reached(own ? { ...own, copies: requests.copies } : requests),
    control: control ? reached(control) : 0,
  }
}

/** Each task’s totals after its last report, and the rate since the reports before. */
export const mergeReports = (
  { experiment, life }: ExperimentRecord,
  known: readonly TaskTotal[],
  reports: readonly GatewayReport[],
  sharers: number,
): { totals: TaskTotal[]; bytesPerSecond: number } => {
  const totals = new Map(known.map((total) => [total.task, total]))
  let bytesPerSecond = 0
  if (life.preparingSince === null) return { totals: [...known], bytesPerSecond }
  for (const report of reports) {
    const before = totals.get(report.task)
    if (before && before.at >= report.at) continue
    if (report.at < life.preparingSince) continue
    const since =
      before?.since ?? (report.startedAt > life.preparingSince ? report.startedAt : life.preparingSince)
    const elapsed = Math.max(0, Date.parse(report.at) - Date.parse(before?.at ?? since)) / 1000
    const mine = report.experiments[experiment.id]
    const volume = mine?.volume ?? before?.volume ?? { packets: 0, bytes: 0 }
    const growth = volume.bytes - (before?.volume.bytes ?? 0)
    const packets = volume.packets - (before?.volume.packets ?? 0)
    if (elapsed > 0) bytesPerSecond += (growth + OUTER_BYTES_PER_PACKET * packets) / elapsed
    totals.set(report.task, {
      task: report.task,
      version: report.version,
      since,
      at: report.at,
      seconds: (before?.seconds ?? 0) + elapsed / sharers,
      volume,
      requests: mine?.requests ?? before?.requests ?? zeroRequests(),
      redacted: mine?.redacted ?? before?.redacted ?? {},
      heldBack: mine?.heldBack ?? before?.heldBack ?? {},
      recorded: mine?.recorded ?? before?.recorded ?? {},
      cut: mine?.cut ?? before?.cut ?? 0,
      packets: mine?.packets ?? before?.packets ?? {},
      gapBytes: mine?.gapBytes ?? before?.gapBytes ?? 0,
      datagrams: report.datagrams,
      served: mine ? servedBy(mine, experiment.spec.shadow) : (before?.served ?? { shadow: 0, control: 0 }),
      leftOut: mine ? (mine.packets[OVERLOAD] ?? 0) : (before?.leftOut ?? 0),
      payload: mine?.payload ?? before?.payload ?? noPayload(),
      sources: mine?.sources ?? before?.sources ?? {},
      latency: mine?.latency ?? before?.latency ?? [],
      lag: mine?.lag ?? before?.lag ?? [],
    })
  }
  return { totals: [...totals.values()], bytesPerSecond: Math.max(0, bytesPerSecond) }
}
