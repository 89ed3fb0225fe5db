import { isRedacted, recordText, startRecording } from '../record/recording.ts'
import { violations } from '../telemetry/conservation.ts'
import { watchConservation } from '../telemetry/conservation-watch.ts'
import { startHealthServer } from '../telemetry/health.ts'
import { errorText, jsonLog } from '../telemetry/log.ts'
import { prometheusText } from '../telemetry/prometheus.ts'
import { datagramCounts } from '../telemetry/report.ts'
import { type Snapshot, totalVolume } from '../telemetry/snapshot.ts'
import { startWorkers, type Workers } from '../workers.ts'
import type { StandaloneOptions } from './options.ts'
import { ownExperiment } from './own-experiment.ts'
import { redactionText, requestSummary, shadowText } from './summary.ts'

/** What the marker header of forwarded requests names when there is no experiment. */
export const NAME = 'standalone'
/** What a gateway takes at most to hand over what it holds; who stops it waits longer. */
export const STOP_MS = 25_000

/**
 * A gateway without a control plane: one line on standard output when it is ready, one with its counters at the end.
 * Resolves with whether it ended because it was asked to.
 */
export const runStandalone = async (
  options: StandaloneOptions,
  stopRequested: Promise<string>,
): Promise<boolean> => {
  const log = jsonLog(
    (line) => process.stderr.write(line),
    () => new Date(),
  )
  const failed = Promise.withResolvers<'failure'>()
  const recording =
    options.record && (await startRecording(options.record, NAME, isRedacted(options.redaction), Date.now()))
  const workers = await startWorkers(options.workers, {
    ...options.listen,
    geneve: options.listenGeneve,
    ...(recording && { onRecorded: recording.onRecorded }),
    onError: (error, fatal) => {
      log('error', fatal ? 'receiving failed' : 'packet not handled', { error: errorText(error) })
      if (fatal) failed.resolve('failure')
    },
  })
  await workers.configure([
    ownExperiment({
      id: NAME,
      ports: options.ports,
      shadows: options.shadows,
      rules: options.rules,
      redaction: options.redaction,
      recording,
      sources: options.vnis === null ? 'any' : options.vnis.map((vni) => ({ vni, address: null })),
    }),
  ])
  const conservation = watchConservation(workers.snapshot, log)
  let draining = false
  const health =
    options.health &&
    (await startHealthServer(
      options.health.host,
      options.health.port,
      () =>
        draining
          ? { ready: false, state: 'draining' }
          : { ready: true, state: 'ready', problems: conservation.found },
      async () => {
        const { user, system } = process.cpuUsage()
        return prometheusText(await workers.snapshot(), {
          revision: 0,
          draining,
          controlErrors: 0,
          cpuSeconds: (user + system) / 1e6,
          residentBytes: process.memoryUsage.rss(),
        })
      },
    ))
  process.stdout.write(
    `${readyLine(options, workers, health && `, health http://${health.address}:${health.port}/healthz`)}\n`,
  )

  const reason = await Promise.race([stopRequested, failed.promise])
  draining = true
  await workers.stop(STOP_MS)
  conservation.stop()
  await health?.stop()
  const recorded = await recording?.stop()
  process.stdout.write(`${JSON.stringify(summary(await workers.snapshot(), recorded))}\n`)
  return reason !== 'failure' && recorded?.error === undefined
}

const readyLine = (options: StandaloneOptions, workers: Workers, health: string | null): string => {
  const ports = options.ports === null ? 'every port' : `port ${options.ports.join(', ')}`
  const vnis = options.vnis === null ? 'any VNI' : `VNI ${options.vnis.join(', ')}`
  const methods =
    options.rules.writes === 'forward' ? 'requests of every method' : 'GET, HEAD and OPTIONS requests'
  const shadow = shadowText(options.shadows)
  const geneve = workers.geneve ? ` and ${workers.geneve.host}:${workers.geneve.port} (GENEVE)` : ''
  const record = options.record ? `, ${recordText(options.record)}` : ''
  const receiver = workers.fallback === null ? 'receiver thread' : `no receiver thread: ${workers.fallback}`
  return (
    `gateway ready on udp ${workers.address}:${workers.port}${geneve}: ${ports}, ${vnis}, ` +
    `${options.rules.percent} % of ${methods} to ${shadow}, ${redactionText(options.redaction)}${record}${health ?? ''}, ` +
    `${workers.count} worker` +
    `${workers.count === 1 ? '' : 's'} (${receiver})`
  )
}

const summary = (snapshot: Snapshot, recorded: object | undefined) => {
  const counted = snapshot.experiments[NAME]
  return {
    datagrams: { received: snapshot.received, ...datagramCounts(snapshot) },
    ...(counted && {
      mirrored: totalVolume(counted.sources),
      packets: counted.packets,
      gapBytes: counted.gapBytes,
      ...requestSummary(counted),
      ...(recorded && { record: { ...recorded, ...counted.recorded } }),
    }),
    violations: violations(snapshot),
  }
}
