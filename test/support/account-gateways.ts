import { createServer } from 'node:http'
import type { GatewayConfig } from '../../contract/gateway-config.ts'
import { type ShadowResult, zeroRequests } from '../../contract/traffic.ts'
import { VERSION } from '../../contract/version.ts'
import { readNewConfig } from '../../data-plane/control/config-reader.ts'
import { writeReport } from '../../data-plane/control/report-writer.ts'
import type { ControlPlane } from '../../functions/reconcile/control-plane.ts'
import type { Cloud } from '../../local/aws/cloud.ts'
import type { SpawnTask } from '../../local/aws/ecs/spawn.ts'
import type { ManualClock } from './manual-clock.ts'

/** Bytes that each mirrored ENI sends in a second of these accounts. */
export const BYTES_PER_SECOND = 100_000

/** The account that they serve. */
type Served = { cloud: Cloud; clock: ManualClock; plane: ControlPlane }

type Task = {
  startedAt: number
  revision: number
  paired: boolean
  bytes: Map<string, number>
  sources: Map<string, Record<number, number>>
  packets: number
  lost: number
  at: number
}

/**
 * Gateway tasks inside this process: they answer health checks on a real port, read their configuration and write their
 * reports through the table as real ones do, at this account’s own time. What they count is what the endpoints say is
 * being mirrored.
 */
export class Gateways {
  readonly #tasks = new Map<string, Task>()

  /** What health checks are answered. */
  healthy = true
  /** Addresses of tasks that are not healthy, whatever the others are. */
  readonly sick = new Set<string>()
  /** Packets a second of all tasks together, and what share of them one task alone would lose: n lose an nth each. */
  load = { packetsPerSecond: 0, lossShare: 0 }
  /** Connections of each experiment that a task followed when it was stopped, as the last reports of all say. */
  cut = 0
  /** What the shadow does with all that is forwarded. */
  shadow: ShadowResult = 'answered_2xx'
  readonly #counted = new Map<string, number>()
  #config: GatewayConfig | null = null
  /** VNIs of which nothing arrives, though they are mirrored; and whether nothing does of any. */
  readonly unheard = new Set<number>()
  deaf = false

  #count(bytes: Map<string, number>, id: string, more: number): void {
    bytes.set(id, (bytes.get(id) ?? 0) + more)
    this.#counted.set(id, this.counted(id) + more)
  }

  readonly spawn: SpawnTask = ({ environment }) => {
    const { TASK = '', HEALTH = '' } = environment
    const [host, port] = HEALTH.split(':')
    let exited: ((code: number | null, problem: string | null) => void)[] = []
    const server = createServer((_request, response) => {
      response.statusCode = this.healthy && !this.sick.has(host ?? '') ? 200 : 503
      response.end()
    })
    const listening = new Promise<void>((resolve) => server.listen(Number(port), host, resolve))
    this.#tasks.set(TASK, {
      startedAt: 0,
      revision: -1,
      paired: true,
      bytes: new Map(),
      sources: new Map(),
      packets: 0,
      lost: 0,
      at: 0,
    })
    return {
      pid: process.pid,
      signal: () => {
        this.#tasks.delete(TASK)
        server.closeAllConnections()
        server.close(() => {
          for (const tell of exited) tell(0, null)
          exited = []
        })
      },
      onRunning: (listener) => void listening.then(listener),
      onExit: (listener) => void exited.push(listener),
      output: () => '',
    }
  }

  /** Whether every task pairs, as it was last told; and which tasks there are. */
  get paired(): boolean {
    return [...this.#tasks.values()].every(({ paired }) => paired)
  }
  get names(): string[] {
    return [...this.#tasks.keys()]
  }

  /** Bytes of an experiment that all tasks ever counted. */
  counted(id: string): number {
    return this.#counted.get(id) ?? 0
  }

  /** Every task reads what it should run from now on. */
  async read(account: Served): Promise<void> {
    const { table } = account.plane
    this.#config = (await readNewConfig(table, this.#config?.revision ?? -1)) ?? this.#config
    this.#work(account)
  }

  /** Every task counts what has come until now; one that is new begins with what was read last. */
  #work(account: Served): void {
    const now = account.clock.now()
    const mirrored = new Set(mirroredVnis(account.cloud))
    for (const task of this.#tasks.values()) {
      task.startedAt ||= now
      const elapsed = task.at === 0 ? 0 : (now - task.at) / 1000
      const share = 1 / this.#tasks.size
      if (task.revision >= 0)
        for (const { id, sources } of this.#config?.experiments ?? [])
          for (const { vni } of sources)
            if (mirrored.has(vni) && !this.deaf && !this.unheard.has(vni)) {
              const more = Math.round(elapsed * BYTES_PER_SECOND * share)
              this.#count(task.bytes, id, more)
              const before = task.sources.get(id)?.[vni] ?? 0
              task.sources.set(id, { ...task.sources.get(id), [vni]: before + more })
            }
      const { packetsPerSecond, lossShare } = this.load
      const offered = Math.round((elapsed * packetsPerSecond) / this.#tasks.size)
      task.packets += Math.round(offered * (1 - lossShare / this.#tasks.size))
      task.lost += Math.round((offered * lossShare) / this.#tasks.size)
      task.revision = this.#config?.revision ?? task.revision
      task.paired = this.#config?.experiments.every(({ paired }) => paired) ?? true
      task.at = now
    }
  }

  /** Every task reports what it has counted by now. */
  async report(account: Served): Promise<void> {
    const { table } = account.plane
    const now = account.clock.now()
    this.#work(account)
    for (const [name, task] of this.#tasks)
      await writeReport(table, {
        task: name,
        version: VERSION,
        startedAt: new Date(task.startedAt).toISOString(),
        at: new Date(now).toISOString(),
        revision: task.revision,
        draining: false,
        neighbourPort: 8081,
        datagrams: { accepted: task.packets, kernel_overflow: task.lost },
        experiments: Object.fromEntries(
          [...task.bytes].map(([id, bytes]) => {
            const packets = Math.ceil(bytes / 1000)
            const shadow = { [this.shadow]: packets }
            const requests = { ...zeroRequests(), received: packets, forwarded: packets, shadow }
            return [
              id,
              {
                volume: { bytes, packets },
                requests,
                gapBytes: 0,
                cut: this.cut,
                packets: { 'tcp.data': packets },
                sources: Object.fromEntries(
                  Object.entries(task.sources.get(id) ?? {}).map(([vni, of]) => [
                    vni,
                    { bytes: of, packets: Math.ceil(of / 1000) },
                  ]),
                ),
              },
            ]
          }),
        ),
      })
  }
}

/** VNIs whose packets really flow: their session’s filter has a rule that accepts. */
export const mirroredVnis = ({ state }: Cloud): number[] => {
  const open = new Set(
    state.mirrorRules.list().flatMap(({ action, filterId }) => (action === 'accept' ? [filterId] : [])),
  )
  return state.mirrorSessions
    .list()
    .flatMap(({ filterId, virtualNetworkId }) => (open.has(filterId) ? [virtualNetworkId] : []))
}
