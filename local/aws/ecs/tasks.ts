import type { CallLog } from '../call-log.ts'
import { cidrContains } from '../ec2/cidr.ts'
import { deleteInterface } from '../ec2/network-interfaces.ts'
import { type Targets, targetKey } from '../elb/targets.ts'
import { ec2Id, hex } from '../ids.ts'
import type { Task } from '../rows.ts'
import type { State } from '../state.ts'
import type { ServiceDeclaration, TaskDefinitionDeclaration } from '../world.ts'
import { freeAddress } from './addresses.ts'
import { RestartPace } from './restart-pace.ts'
import { deploymentId, rolloutStep } from './rollout.ts'
import type { SpawnTask, TaskProcess } from './spawn.ts'

const DEFAULT_STOP_TIMEOUT = 30
/** Fargate's ceiling. */
const LONGEST_STOP_TIMEOUT = 120
/** Stopped tasks are shown for about this long. */
const STOPPED_SHOWN_MILLISECONDS = 3_600_000
/** When these endpoints close, their tasks get this long. */
const CLOSE_MILLISECONDS = 5000

type Stop = { reason: string; code: NonNullable<Task['stopCode']> }

/** Keeps every service at its desired count: each task is a process with an address and a place in the target group. */
export class Tasks {
  readonly #state: State
  readonly #targets: Targets
  readonly #log: CallLog
  readonly #spawn: SpawnTask
  readonly #endpoint: () => string
  readonly #processes = new Map<string, TaskProcess>()
  readonly #pace: RestartPace
  readonly #placing = new Map<string, number>()
  /** Unhealthy tasks whose grace period is running. */
  readonly #grace = new Set<string>()
  readonly #endEvents: () => void
  #started = 0
  #queue: Promise<void> = Promise.resolve()
  #closed = false

  constructor(state: State, targets: Targets, spawn: SpawnTask, endpoint: () => string, log: CallLog) {
    this.#state = state
    this.#log = log
    this.#targets = targets
    this.#spawn = spawn
    this.#endpoint = endpoint
    this.#pace = new RestartPace(state.clock)
    this.#endEvents = state.onChange(() => {
      this.#replaceUnhealthy()
      this.#rollOut()
    })
  }

  start(): void {
    for (const service of this.#state.world.services) this.reconcile(service)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#endEvents()
    this.#pace.close()
    const processes = [...this.#processes.values()]
    const gone = processes.map((one) => new Promise<void>((resolve) => one.onExit(() => resolve())))
    for (const one of processes) one.signal('SIGTERM')
    const timer = setTimeout(() => {
      for (const one of processes) one.signal('SIGKILL')
    }, CLOSE_MILLISECONDS)
    await Promise.all(gone)
    clearTimeout(timer)
  }

  /** Starts or stops tasks until as many run as the service wants. */
  reconcile(service: ServiceDeclaration): void {
    if (this.#closed) return
    const { desiredCount: wanted = 0, deployment = 0 } = this.#state.services.get(service.arn) ?? {}
    const placing = this.#placing.get(service.arn) ?? 0
    const order = this.#state.switches.scaleInOrder === 'oldest' ? 1 : -1
    const active = this.active(service).sort(
      (a, b) => order * (a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)),
    )
    const isHealthy = (task: Task) => this.#isHealthy(service, task)
    const { start, stop } = rolloutStep(active, { wanted, deployment, placing, isHealthy })
    if (start > 0 && this.#pace.mayStart(service.arn, () => this.reconcile(service)))
      for (let count = 0; count < start; count += 1) this.#place(service)
    for (const task of stop)
      this.stop(task, {
        reason: `Scaling activity initiated by (deployment ecs-svc/${deploymentId(service, deployment)})`,
        code: 'ServiceSchedulerInitiated',
      })
  }

  #isHealthy({ targetGroupArn }: ServiceDeclaration, { ip, port, lastStatus }: Task): boolean {
    if (targetGroupArn === undefined) return lastStatus === 'RUNNING'
    return this.#state.targets.get(targetKey(targetGroupArn, ip, port))?.state === 'healthy'
  }

  /** A deployment goes on when a target becomes healthy. */
  #rollOut(): void {
    for (const service of this.#state.world.services) {
      const { deployment = 0 } = this.#state.services.get(service.arn) ?? {}
      if (deployment > 0 && this.active(service).some((task) => task.deployment !== deployment))
        this.reconcile(service)
    }
  }

  active({ arn }: ServiceDeclaration): Task[] {
    return this.#state.tasks
      .list()
      .filter((task) => task.serviceArn === arn && task.desiredStatus === 'RUNNING')
  }

  /** Out of the target group first; when that has drained, SIGTERM; SIGKILL when the stop timeout is over. */
  stop(task: Task, { reason, code }: Stop): void {
    if (task.desiredStatus === 'STOPPED') return
    const service = this.#serviceOf(task)
    this.#update(task.id, {
      desiredStatus: 'STOPPED',
      lastStatus: 'DEACTIVATING',
      stoppedReason: reason,
      stopCode: code,
    })
    const group =
      service?.targetGroupArn === undefined ? undefined : this.#state.targetGroup(service.targetGroupArn)
    const terminate = () => this.#terminate(task.id)
    if (group) this.#targets.deregister(group, task.ip, task.port, terminate)
    else terminate()
    if (service) this.reconcile(service)
  }

  /** The end of what a task printed; undefined when it is not known (any more). */
  output(taskId: string): string | undefined {
    return this.#processes.get(taskId)?.output()
  }

  /** One after the other, so that each sees the addresses of those before it. */
  #place(service: ServiceDeclaration): void {
    const { arn } = service
    this.#placing.set(arn, (this.#placing.get(arn) ?? 0) + 1)
    this.#queue = this.#queue.then(async () => {
      const definition = this.#definitionOf(service)
      const address =
        definition && (await freeAddress(service, definition.container, this.#taken(), this.#started))
      if (this.#closed) return
      if (definition && address) {
        this.#started += 1
        this.#run(service, definition, address)
      } else {
        console.error(`The service ${service.name} has no ${definition ? 'free address' : 'task definition'}`)
        this.#pace.failed(arn)
      }
      // Only now: whoever looks while the task is put down must not start another in its place.
      this.#placing.set(arn, (this.#placing.get(arn) ?? 1) - 1)
      this.reconcile(service)
    })
  }

  #taken(): Set<string> {
    const living = this.#state.tasks.list().filter((task) => task.lastStatus !== 'STOPPED')
    return new Set(living.flatMap(({ ip, port, healthPort }) => [ip, `${ip}:${port}`, `${ip}:${healthPort}`]))
  }

  /** The subnet that holds the address; in turn where addresses are shared and no subnet does. */
  #subnetOf({ subnetIds }: ServiceDeclaration, ip: string): string {
    const holding = subnetIds.find((id) => {
      const subnet = this.#state.subnet(id)
      return subnet !== undefined && cidrContains(subnet.cidr, ip)
    })
    return holding ?? subnetIds[this.#started % subnetIds.length] ?? ''
  }

  #run(
    service: ServiceDeclaration,
    definition: TaskDefinitionDeclaration,
    address: { ip: string; port: number; healthPort: number },
  ): void {
    const state = this.#state
    const { random, clock } = state
    const id = hex(random, 32)
    const [, clusterName = ''] = service.clusterArn.split('cluster/')
    const subnetId = this.#subnetOf(service, address.ip)
    const now = clock.now()
    const task: Task = {
      id,
      arn: state.arn('ecs', `task/${clusterName}/${id}`),
      clusterArn: service.clusterArn,
      serviceArn: service.arn,
      taskDefinitionArn: definition.arn,
      deployment: state.services.get(service.arn)?.deployment ?? 0,
      subnetId,
      networkInterfaceId: ec2Id(random, 'eni'),
      mac: `02:${hex(random, 10).match(/../g)?.join(':')}`,
      ...address,
      lastStatus: 'PENDING',
      desiredStatus: 'RUNNING',
      createdAt: now,
      startedAt: null,
      stoppingAt: null,
      stoppedAt: null,
      stoppedReason: null,
      stopCode: null,
      exitCode: null,
      pid: null,
      version: 1,
    }
    state.networkInterfaces.set(task.networkInterfaceId, {
      id: task.networkInterfaceId,
      subnetId,
      privateIp: task.ip,
      mac: task.mac,
      description: task.arn,
      interfaceType: 'interface',
      attachment: null,
      requesterManaged: true,
      requesterId: state.world.account,
      taskArn: task.arn,
    })
    state.tasks.set(id, task)
    const { container } = definition
    const filled = (text: string) => this.#filled(text, task)
    const child = this.#spawn({
      module: container.module,
      arguments: (container.arguments ?? []).map(filled),
      environment: {
        ...Object.fromEntries(
          Object.entries(container.environment).map(([name, text]) => [name, filled(text)]),
        ),
        ECS_CONTAINER_METADATA_URI_V4: `${this.#endpoint()}/-/metadata/${id}`,
      },
    })
    this.#processes.set(id, child)
    child.onRunning(() => this.#running(id, service, container.healthPort))
    child.onExit((code, problem) => this.#exited(id, service, code, problem))
  }

  #running(id: string, service: ServiceDeclaration, usualHealthPort: number): void {
    const task = this.#state.tasks.get(id)
    const pid = this.#processes.get(id)?.pid ?? null
    if (task?.desiredStatus !== 'RUNNING') return
    this.#update(id, { lastStatus: 'RUNNING', startedAt: this.#state.clock.now(), pid })
    this.#log.event('ecs', 'Task running', null, [task.arn], [])
    this.#tell(task, service, 'RUNNING')
    const group =
      service.targetGroupArn === undefined ? undefined : this.#state.targetGroup(service.targetGroupArn)
    if (!group) return
    const availabilityZone = this.#state.subnet(task.subnetId)?.availabilityZone ?? null
    const { ip, port, healthPort } = task
    this.#targets.register(
      group,
      { id: ip, port, availabilityZone, ...(healthPort !== usualHealthPort && { healthPort }) },
      'task',
    )
  }

  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html */
  #tell(task: Task, { name, clusterArn }: ServiceDeclaration, lastStatus: 'RUNNING' | 'STOPPED'): void {
    const detail = { clusterArn, taskArn: task.arn, group: `service:${name}`, lastStatus }
    this.#state.tell({
      source: 'aws.ecs',
      detailType: 'ECS Task State Change',
      resources: [task.arn],
      detail,
    })
  }

  #exited(id: string, service: ServiceDeclaration, code: number | null, problem: string | null): void {
    const task = this.#state.tasks.get(id)
    const child = this.#processes.get(id)
    this.#processes.delete(id)
    if (!task) return
    const now = this.#state.clock.now()
    const expected = task.desiredStatus === 'STOPPED'
    if (service.targetGroupArn !== undefined) this.#targets.forget(service.targetGroupArn, task.ip, task.port)
    const deleted = [task.arn]
    deleteInterface(this.#state, task.networkInterfaceId, { deleted })
    this.#log.event('ecs', 'Task stopped', { exitCode: code }, [], deleted)
    this.#update(id, {
      desiredStatus: 'STOPPED',
      lastStatus: 'STOPPED',
      stoppingAt: task.stoppingAt ?? now,
      stoppedAt: now,
      exitCode: code,
      ...(!expected && {
        stoppedReason: problem
          ? `CannotStartContainerError: ${problem}`
          : 'Essential container in task exited',
        stopCode: problem ? 'TaskFailedToStart' : 'EssentialContainerExited',
      }),
    })
    this.#tell(task, service, 'STOPPED')
    this.#state.clock.setTimer(STOPPED_SHOWN_MILLISECONDS, () => this.#state.tasks.delete(id))
    if (this.#closed) return
    if (!expected) {
      console.error(
        `Task ${id} of ${service.name} ended by itself (exit code ${code ?? problem}). Its last words:`,
      )
      console.error((child?.output() ?? '').trimEnd().split('\n').slice(-20).join('\n'))
      this.#pace.ended(service.arn, task.startedAt)
    }
    this.reconcile(service)
  }

  #terminate(id: string): void {
    const task = this.#state.tasks.get(id)
    const child = this.#processes.get(id)
    if (!task || !child || this.#closed) return
    this.#update(id, { lastStatus: 'STOPPING', stoppingAt: this.#state.clock.now() })
    const service = this.#serviceOf(task)
    const timeout =
      (service && this.#definitionOf(service)?.container.stopTimeoutSeconds) ?? DEFAULT_STOP_TIMEOUT
    const cancel = this.#state.clock.setTimer(Math.min(timeout, LONGEST_STOP_TIMEOUT) * 1000, () =>
      child.signal('SIGKILL'),
    )
    child.onExit(cancel)
    child.signal('SIGTERM')
  }

  /** ECS stops tasks that the load balancer finds unhealthy, once the service's grace period is over. */
  #replaceUnhealthy(): void {
    if (this.#closed) return
    for (const target of this.#state.targets.list()) {
      if (target.origin !== 'task' || target.state !== 'unhealthy') continue
      const task = this.#state.tasks
        .list()
        .find((one) => one.ip === target.id && one.port === target.port && one.lastStatus === 'RUNNING')
      const service = task && this.#serviceOf(task)
      if (!task || !service || service.targetGroupArn !== target.groupArn) continue
      const grace = (service.healthCheckGracePeriodSeconds ?? 0) * 1000
      const left = (task.startedAt ?? 0) + grace - this.#state.clock.now()
      if (left > 0) {
        this.#lookAgain(task.id, left)
        continue
      }
      this.stop(task, {
        reason: `Task failed ELB health checks in (target-group ${target.groupArn})`,
        code: 'ServiceSchedulerInitiated',
      })
    }
  }

  #lookAgain(taskId: string, milliseconds: number): void {
    if (this.#grace.has(taskId)) return
    this.#grace.add(taskId)
    this.#state.clock.setTimer(milliseconds, () => {
      this.#grace.delete(taskId)
      this.#replaceUnhealthy()
    })
  }

  #filled(text: string, task: Task): string {
    const words: Readonly<Record<string, string>> = {
      ip: task.ip,
      port: String(task.port),
      healthPort: String(task.healthPort),
      taskId: task.id,
      taskArn: task.arn,
      clusterArn: task.clusterArn,
      region: this.#state.world.region,
      endpoint: this.#endpoint(),
    }
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole)
  }

  #update(id: string, change: Partial<Task>): void {
    const before = this.#state.tasks.get(id)
    if (before) this.#state.tasks.set(id, { ...before, ...change, version: before.version + 1 })
  }

  #serviceOf({ serviceArn }: Task): ServiceDeclaration | undefined {
    return this.#state.world.services.find((service) => service.arn === serviceArn)
  }

  #definitionOf({ taskDefinitionArn }: ServiceDeclaration): TaskDefinitionDeclaration | undefined {
    return this.#state.world.taskDefinitions.find((definition) => definition.arn === taskDefinitionArn)
  }
}
