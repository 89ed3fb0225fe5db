import { mkdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { adoptWorld } from './adopt.ts'
import { autoScalingService } from './auto-scaling/service.ts'
import { CallLog } from './call-log.ts'
import { type Clock, systemClock } from './clock.ts'
import { type MetricPoint, Metrics } from './cloudwatch/metrics.ts'
import { cloudWatchService } from './cloudwatch/service.ts'
import { costExplorerService } from './cost-explorer/service.ts'
import { Dispatcher } from './dispatch.ts'
import { startDynamoDb } from './dynamodb.ts'
import { resumeTransitions } from './ec2/instances.ts'
import { ec2Service } from './ec2/service.ts'
import { ecsService } from './ecs/service.ts'
import { forkTask, type SpawnTask } from './ecs/spawn.ts'
import { Tasks } from './ecs/tasks.ts'
import { elbService } from './elb/service.ts'
import { Targets } from './elb/targets.ts'
import { startEventBus } from './event-bus.ts'
import { eventsService } from './events.ts'
import { FrontDoor } from './front-door.ts'
import type { Random } from './ids.ts'
import { logsService } from './logs/service.ts'
import { MirroringStream } from './mirroring-stream.ts'
import { pricingService } from './pricing/service.ts'
import { QueueConsumers } from './queue-consumer.ts'
import { S3 } from './s3/endpoint.ts'
import { Objects } from './s3/objects.ts'
import { Firing } from './scheduler/firing.ts'
import { resumeGroupDeletions } from './scheduler/groups.ts'
import { schedulerService } from './scheduler/service.ts'
import { serviceQuotasService } from './service-quotas/service.ts'
import { loadSnapshot, takeSnapshot } from './snapshot.ts'
import { SnapshotFile } from './snapshot-file.ts'
import { snsService } from './sns/service.ts'
import { Topics } from './sns/topics.ts'
import { sqsService } from './sqs.ts'
import { State } from './state.ts'
import { stsService } from './sts.ts'
import { defaultSwitches, type Switches } from './switches.ts'
import type { WorldDeclaration } from './world.ts'

export type CloudOptions = {
  /** 0 takes a free one. */
  port: number
  /** Default 127.0.0.1. */
  host?: string
  world: WorldDeclaration
  switches?: Partial<Switches>
  /** Folder for all state, made when missing. Without it everything is in memory. */
  dataDir?: string
  /** Where the Lambda Invoke API answers, for schedules with a function as target: http://host:port */
  lambdaEndpoint?: string
  clock?: Clock
  random?: Random
  spawnTask?: SpawnTask
}

export type Cloud = {
  /** http://host:port of all services. */
  address: string
  state: State
  objects: Objects
  /** Metrics that AWS itself would publish (namespaces AWS/EC2, AWS/NetworkELB). */
  feedMetric(point: MetricPoint): void
  /** Stops schedules and tasks, writes the state, closes the port. */
  close(): Promise<void>
}

/** Metrics come all the time; losing the last second of them in a crash is no loss of account state. */
const METRICS_COALESCE_MILLISECONDS = 1000

/** All local AWS endpoints on one port. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { world, dataDir, lambdaEndpoint } = options
  const clock = options.clock ?? systemClock
  const random = options.random ?? Math.random
  const state = new State(world, { ...defaultSwitches, ...options.switches }, clock, random)
  const calls = new CallLog(clock.now)
  const tableCalls = new CallLog(clock.now)
  let address = ''

  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true })
  const file =
    dataDir === undefined
      ? undefined
      : new SnapshotFile(join(dataDir, 'account.json'), () => takeSnapshot(state))
  const metricsFile: SnapshotFile | undefined =
    dataDir === undefined
      ? undefined
      : new SnapshotFile(
          join(dataDir, 'metrics.json'),
          () => metrics.snapshot(),
          METRICS_COALESCE_MILLISECONDS,
        )
  const metrics = new Metrics(clock, () => metricsFile?.touch())
  const saved = await file?.read()
  if (saved !== undefined) loadSnapshot(state, saved)
  const savedMetrics = await metricsFile?.read()
  if (savedMetrics !== undefined) metrics.load(savedMetrics)
  const objectsFile: SnapshotFile | undefined =
    dataDir === undefined ? undefined : new SnapshotFile(join(dataDir, 's3.json'), () => objects.snapshot())
  const objects = new Objects(() => objectsFile?.touch())
  const savedObjects = await objectsFile?.read()
  if (savedObjects !== undefined) objects.load(savedObjects)
  if (file) state.onChange(() => file.touch())
  adoptWorld(state)

  const targets = new Targets(state)
  const tasks = new Tasks(state, targets, options.spawnTask ?? forkTask, () => address, calls)
  const topics = new Topics(state, calls, () => address)
  const dispatcher: Dispatcher = new Dispatcher(
    [
      ec2Service(state, calls),
      ecsService(state, tasks),
      elbService(state, targets),
      autoScalingService(state),
      schedulerService(state, () => dispatcher, lambdaEndpoint),
      cloudWatchService(metrics, clock),
      sqsService(state, () => address),
      snsService(state, topics),
      eventsService(state),
      pricingService(state),
      costExplorerService(state, calls),
      serviceQuotasService(state),
      logsService(state),
      stsService(state),
    ],
    calls,
    random,
    async () => file?.flush(),
  )
  const firing = new Firing(state, () => dispatcher, lambdaEndpoint)
  const consumers = new QueueConsumers(state, lambdaEndpoint)
  const stream = new MirroringStream(state)
  const tables = await startDynamoDb(dataDir === undefined ? undefined : join(dataDir, 'dynamodb'))
  const door = new FrontDoor(
    world.region,
    dispatcher,
    tables,
    new S3(state, objects, calls, async () => objectsFile?.flush()),
    {
      state,
      stream,
      metrics,
      calls,
      tableCalls,
      tasks,
    },
  )
  const server = createServer((request, response) => door.handle(request, response))
  // Bodies of our own streams end when they end; idle clients keep their connections as they do with AWS.
  server.keepAliveTimeout = 65_000

  try {
    const { port } = await listen(server, options.port, options.host ?? '127.0.0.1')
    address = `http://${options.host ?? '127.0.0.1'}:${port}`
  } catch (error) {
    stream.close()
    await tables.close()
    throw error
  }
  startEventBus(state, topics, lambdaEndpoint)
  targets.start()
  tasks.start()
  resumeTransitions(state, calls)
  resumeGroupDeletions(state)
  firing.start()

  return {
    address,
    state,
    objects,
    feedMetric: (point) => metrics.put(point),
    async close() {
      firing.close()
      consumers.close()
      stream.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await tasks.close()
      targets.close()
      server.closeAllConnections()
      await closed
      await tables.close()
      await file?.flush()
      await metricsFile?.flush()
      await objectsFile?.flush()
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen({ port, host }, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}
