import type { RegisteredTarget } from '../rows.ts'
import type { State } from '../state.ts'
import type { TargetGroupDeclaration } from '../world.ts'
import { type ProbeResult, probe } from './probe.ts'

const DEFAULT_DEREGISTRATION_DELAY = 300

export const targetKey = (groupArn: string, id: string, port: number): string => `${groupArn} ${id}:${port}`

/** The registered targets of all groups: checks their health for as long as they are registered. */
export class Targets {
  readonly #state: State
  /** By target key: ends the loop of checks, or the wait of a draining target. */
  readonly #running = new Map<string, () => void>()
  #closed = false

  constructor(state: State) {
    this.#state = state
  }

  /** Declared targets, and those that a restart found. */
  start(): void {
    const { world, targets } = this.#state
    for (const group of world.targetGroups) {
      for (const { id, port, availabilityZone } of group.targets ?? []) {
        this.register(group, { id, port, availabilityZone: availabilityZone ?? null }, 'declared')
      }
    }
    for (const [key, row] of targets.entries()) if (!this.#running.has(key)) this.#watch(key, row.groupArn)
  }

  close(): void {
    this.#closed = true
    for (const stop of this.#running.values()) stop()
    this.#running.clear()
  }

  register(
    group: TargetGroupDeclaration,
    target: { id: string; port: number; availabilityZone: string | null; healthPort?: number },
    origin: RegisteredTarget['origin'],
  ): void {
    const key = targetKey(group.arn, target.id, target.port)
    const before = this.#state.targets.get(key)
    if (before && before.state !== 'draining') return
    const attached = this.#state.world.loadBalancers.some(({ listeners }) =>
      listeners.some((listener) => listener.targetGroupArn === group.arn),
    )
    this.#state.targets.set(key, {
      groupArn: group.arn,
      id: target.id,
      port: target.port,
      availabilityZone: target.availabilityZone ?? this.#zoneOf(target.id),
      healthPort: target.healthPort ?? null,
      origin,
      ...(attached
        ? {
            state: 'initial',
            reason: 'Elb.RegistrationInProgress',
            description: 'Target registration is in progress',
          }
        : {
            state: 'unused',
            reason: 'Target.NotInUse',
            description: 'Target group is not configured to receive traffic from the load balancer',
          }),
    })
    if (attached) this.#watch(key, group.arn)
  }

  /** Draining for the group's delay; then it is gone and `drained` is called. */
  deregister(group: TargetGroupDeclaration, id: string, port: number, drained?: () => void): void {
    const key = targetKey(group.arn, id, port)
    const row = this.#state.targets.get(key)
    if (!row) {
      drained?.()
      return
    }
    this.#running.get(key)?.()
    const remove = () => {
      this.#running.delete(key)
      this.#state.targets.delete(key)
      drained?.()
    }
    if (row.state === 'unused') {
      remove()
      return
    }
    this.#state.targets.set(key, {
      ...row,
      state: 'draining',
      reason: 'Target.DeregistrationInProgress',
      description: 'Target deregistration is in progress',
    })
    const delay = group.deregistrationDelaySeconds ?? DEFAULT_DEREGISTRATION_DELAY
    this.#running.set(key, this.#state.clock.setTimer(delay * 1000, remove))
  }

  /** At once and without draining: the task behind it is gone. */
  forget(groupArn: string, id: string, port: number): void {
    const key = targetKey(groupArn, id, port)
    this.#running.get(key)?.()
    this.#running.delete(key)
    this.#state.targets.delete(key)
  }

  #watch(key: string, groupArn: string): void {
    const group = this.#state.targetGroup(groupArn)
    if (!group || this.#closed) return
    this.#running.get(key)?.()
    let stopped = false
    let cancel = () => {}
    let good = 0
    let bad = 0
    const look = async () => {
      const row = this.#state.targets.get(key)
      if (!row) return
      const { healthCheck } = group
      const port = row.healthPort ?? (healthCheck.port === 'traffic-port' ? row.port : healthCheck.port)
      const result = await probe(healthCheck, this.#addressOf(row.id), port)
      if (stopped) return
      if (result === null) {
        good += 1
        bad = 0
      } else {
        bad += 1
        good = 0
      }
      this.#judge(key, group, result, good, bad)
      cancel = this.#state.clock.setTimer(healthCheck.intervalSeconds * 1000, () => void look())
    }
    this.#running.set(key, () => {
      stopped = true
      cancel()
    })
    void look()
  }

  #judge(key: string, group: TargetGroupDeclaration, result: ProbeResult, good: number, bad: number): void {
    const row = this.#state.targets.get(key)
    if (!row) return
    const { healthyThreshold, unhealthyThreshold } = group.healthCheck
    const needed =
      row.state === 'initial' && this.#state.switches.initialHealthChecks === 'one' ? 1 : healthyThreshold
    let next: Pick<RegisteredTarget, 'state' | 'reason' | 'description'> = row
    if (good >= needed) next = { state: 'healthy', reason: null, description: null }
    else if (result && bad >= unhealthyThreshold) next = { state: 'unhealthy', ...result }
    else if (row.state === 'initial') {
      next = {
        state: 'initial',
        reason: 'Elb.InitialHealthChecking',
        description: 'Initial health checks in progress',
      }
    }
    if (next.state !== row.state || next.reason !== row.reason)
      this.#state.targets.set(key, { ...row, ...next })
  }

  #addressOf(id: string): string {
    if (!id.startsWith('i-')) return id
    const primary = this.#state.networkInterfaces
      .list()
      .find(({ attachment }) => attachment?.instanceId === id && attachment.deviceIndex === 0)
    return primary?.privateIp ?? '0.0.0.0'
  }

  #zoneOf(id: string): string | null {
    const subnetId =
      this.#state.instances.get(id)?.subnetId ??
      this.#state.networkInterfaces.list().find((row) => row.privateIp === id)?.subnetId
    return (subnetId && this.#state.subnet(subnetId)?.availabilityZone) || null
  }
}
