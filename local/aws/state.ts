import type { Clock } from './clock.ts'
import type { Random } from './ids.ts'
import type * as Rows from './rows.ts'
import type { Switches } from './switches.ts'
import { Table } from './table.ts'
import type {
  LoadBalancerDeclaration,
  QueueDeclaration,
  SubnetDeclaration,
  Tags,
  TargetGroupDeclaration,
  WorldDeclaration,
} from './world.ts'

/** An event on EventBridge’s default bus, of an AWS service or of whoever put it there, without the envelope that EventBridge puts around it. */
export type AwsEvent = Readonly<{
  /** Of an event that somebody put there and was told of. */
  id?: string
  source: string
  detailType: string
  resources: readonly string[]
  detail: Readonly<Record<string, unknown>>
}>

/** The account: its declaration and everything that changes. Services read and write it; nothing else holds state. */
export class State {
  readonly world: WorldDeclaration
  readonly switches: Switches
  readonly clock: Clock
  readonly random: Random

  readonly instances: Table<Rows.Instance>
  readonly networkInterfaces: Table<Rows.NetworkInterface>
  readonly mirrorSessions: Table<Rows.MirrorSession>
  readonly mirrorFilters: Table<Rows.MirrorFilter>
  readonly mirrorRules: Table<Rows.MirrorRule>
  readonly mirrorTargets: Table<Rows.MirrorTarget>
  readonly tags: Table<Tags>
  readonly tokens: Table<Rows.UsedToken>
  readonly services: Table<Rows.ServiceRow>
  readonly tasks: Table<Rows.Task>
  readonly targets: Table<Rows.RegisteredTarget>
  readonly scheduleGroups: Table<Rows.ScheduleGroup>
  readonly schedules: Table<Rows.Schedule>
  /** Created by a call; the infrastructure’s are in the declaration. */
  readonly queues: Table<QueueDeclaration>
  readonly messages: Table<Rows.QueueMessage>
  readonly subscriptions: Table<Rows.Subscription>
  /** Ids of the declaration that were taken over once: what was deleted since does not come back at a restart. */
  readonly adopted: Table<true>

  readonly #listeners = new Set<() => void>()
  readonly #buses = new Set<(event: AwsEvent) => void>()

  constructor(world: WorldDeclaration, switches: Switches, clock: Clock, random: Random) {
    this.world = world
    this.switches = switches
    this.clock = clock
    this.random = random
    const lagging = 1000 * Math.max(switches.describeLagSeconds, switches.referenceLagSeconds)
    const table = <T>(keep = 0) => new Table<T>(clock.now, this.#changed, keep)
    this.instances = table(lagging)
    this.networkInterfaces = table(lagging)
    this.mirrorSessions = table(lagging)
    this.mirrorFilters = table(lagging)
    this.mirrorRules = table(lagging)
    this.mirrorTargets = table(lagging)
    this.tags = table(lagging)
    this.tokens = table()
    this.services = table()
    this.tasks = table()
    this.targets = table()
    this.scheduleGroups = table()
    this.schedules = table()
    this.queues = table()
    this.messages = table()
    this.subscriptions = table()
    this.adopted = table()
  }

  /** Called after each change, in the same turn; the result ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly #changed = (): void => {
    for (const listener of this.#listeners) listener()
  }

  /** Called for what comes to EventBridge’s default bus. */
  onEvent(listener: (event: AwsEvent) => void): void {
    this.#buses.add(listener)
  }

  tell(event: AwsEvent): void {
    for (const listener of this.#buses) listener(event)
  }

  /** Milliseconds by which Describe answers lag. */
  get describeLag(): number {
    return this.switches.describeLagSeconds * 1000
  }

  get referenceLag(): number {
    return this.switches.referenceLagSeconds * 1000
  }

  subnet(id: string): SubnetDeclaration | undefined {
    return this.world.subnets.find((subnet) => subnet.id === id)
  }

  loadBalancer(arn: string): LoadBalancerDeclaration | undefined {
    return this.world.loadBalancers.find((balancer) => balancer.arn === arn)
  }

  targetGroup(arn: string): TargetGroupDeclaration | undefined {
    return this.world.targetGroups.find((group) => group.arn === arn)
  }

  arn(service: string, resource: string): string {
    return `arn:aws:${service}:${this.world.region}:${this.world.account}:${resource}`
  }
}
