import type { GatewayConfig } from '../contract/gateway-config.ts'
import type { TaskConfig } from './config.ts'
import { ControlLoop } from './control/control-loop.ts'
import { openControlTable } from './control/table.ts'
import { readGatewayTasks } from './control/tasks-reader.ts'
import { asksOthers, fromContract, servedBy } from './experiment-config.ts'
import { type Environment, missingSecrets } from './forward/settings.ts'
import { Neighbours } from './neighbours/neighbours.ts'
import { openRecordBucket } from './record/record-bucket.ts'
import { RecordUploader } from './record/record-uploader.ts'
import { WaitingCopies } from './select/waiting-copies.ts'
import { ecsTaskName } from './task-name.ts'
import { watchConservation } from './telemetry/conservation-watch.ts'
import { startEmfWriter } from './telemetry/emf-writer.ts'
import { startHealthServer } from './telemetry/health.ts'
import { errorText, jsonLog } from './telemetry/log.ts'
import { prometheusText } from './telemetry/prometheus.ts'
import { buildReport } from './telemetry/report.ts'
import { startWorkers } from './workers.ts'

/**
 * A gateway task of a deployment: what it does comes from the control plane's table. Resolves after the last report with
 * whether it ended because it was asked to.
 */
export const runTask = async (
  config: TaskConfig,
  environment: Environment,
  stopRequested: Promise<string>,
): Promise<boolean> => {
  const clock = () => new Date()
  const log = jsonLog((line) => process.stdout.write(line), clock)
  const startedAt = clock()
  const task = 'name' in config.task ? config.task.name : await ecsTaskName(config.task.metadataUri)

  const { recordsBucket } = config
  const uploader =
    recordsBucket === null
      ? null
      : new RecordUploader({ task, startedAt, open: () => openRecordBucket(recordsBucket), log })
  const failed = Promise.withResolvers<'failure'>()
  const neighbours =
    config.neighbours &&
    new Neighbours({
      ...config.neighbours,
      task,
      copies: new WaitingCopies(),
      onAnswers: (...answers) => workers.answered(...answers),
      clock: Date.now,
    })
  await neighbours?.start()
  const workers = await startWorkers(config.workers, {
    ...config.listen,
    geneve: config.listenGeneve,
    ...(neighbours && { neighbours }),
    ...(uploader && { onRecorded: (experiment, lines) => uploader.write(experiment, lines) }),
    onError: (error, fatal) => {
      log('error', fatal ? 'receiving failed' : 'packet not handled', { error: errorText(error) })
      if (fatal) failed.resolve('failure')
    },
  })

  const configure = ({ experiments }: GatewayConfig): Promise<void> => {
    const surroundings = {
      environment,
      allowed: config.allowed,
      production: servedBy(experiments),
      records: uploader !== null,
    }
    const configs = experiments.map((experiment) => fromContract(experiment, surroundings))
    for (const { id, shadows } of configs)
      for (const variable of missingSecrets(shadows))
        log('error', 'secret of a shadow is missing', { experiment: id, variable })
    uploader?.configure(new Set(configs.map(({ id }) => id)))
    neighbours?.configure(
      configs.flatMap((one) => {
        const { key } = one.redaction
        return key !== null && asksOthers(one) ? [{ id: one.id, key }] : []
      }),
    )
    return workers.configure(configs)
  }
  const table = openControlTable(config.table)
  const meetNeighbours = async () => {
    if (neighbours === null) return
    neighbours.introduce(neighbours.isNeeded ? await readGatewayTasks(table) : [])
    workers.introduce(neighbours.size > 0)
  }
  const conservation = watchConservation(workers.snapshot, log)
  const metrics = startEmfWriter(
    config.deployment,
    workers.snapshot,
    (line) => process.stdout.write(line),
    clock,
  )
  let draining = false
  const control = new ControlLoop({
    table,
    look: meetNeighbours,
    reportEveryMs: config.reportSeconds * 1000,
    apply: configure,
    comparisons: workers.comparisons,
    task,
    report: async (revision) =>
      buildReport(await workers.snapshot(), {
        ...{ task, startedAt, at: clock(), revision, draining },
        ...(neighbours && { neighbourPort: neighbours.port }),
      }),
    log,
    random: Math.random,
  })
  const health = await startHealthServer(
    config.health.host,
    config.health.port,
    () => {
      if (draining) return { ready: false, state: 'draining' }
      if (control.revision < 0) return { ready: false, state: 'no configuration read yet' }
      return { ready: true, state: 'ready', problems: conservation.found }
    },
    async () =>
      prometheusText(await workers.snapshot(), {
        revision: control.revision,
        draining,
        controlErrors: control.errors,
        ...(neighbours && { neighbours: { known: neighbours.size, ...neighbours.counts } }),
        ...processFacts(),
      }),
  )
  control.start()
  log('info', 'started', {
    task,
    udp: `${workers.address}:${workers.port}`,
    ...(neighbours && { neighbours: `${neighbours.host}:${neighbours.port}` }),
    ...(workers.geneve && { geneve: `${workers.geneve.host}:${workers.geneve.port}` }),
    health: `${health.address}:${health.port}`,
    workers: workers.count,
    receiver: workers.fallback === null ? 'thread' : 'event loop',
    ...(workers.fallback !== null && { fallback: workers.fallback }),
  })

  const reason = await Promise.race([stopRequested, failed.promise])
  draining = true
  log('info', 'draining', { reason })
  control.stopReading()
  await workers.stop(config.stopSeconds * 1000)
  await neighbours?.stop()
  conservation.stop()
  await metrics.stop()
  await Promise.all([control.stop(), uploader?.stop(LAST_RECORDS_MS)])
  await health.stop()
  log('info', 'stopped')
  return reason !== 'failure'
}

/** ECS kills a task that takes too long to stop: beside the last report this still fits into what is left. */
const LAST_RECORDS_MS = 4_000

const processFacts = () => {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() }
}
