import { performance } from 'node:perf_hooks'
import { ExperimentSpec } from '../../../contract/experiment.ts'
import type { ControlPlane } from '../../../functions/reconcile/control-plane.ts'
import { reconcile } from '../../../functions/reconcile/reconcile.ts'
import type { WorldDeclaration } from '../../../local/aws/world.ts'
import { mirroredVnis } from '../../support/account-gateways.ts'
import { instance, subnetA, subnetB } from '../../support/aws-world.ts'
import { type Account, begin, leftovers, openAccount, read, stop } from '../../support/experiment-account.ts'
import { Interrupt } from '../../support/interrupt.ts'
import type { Line, Row } from '../row.ts'

const ENIS = 1000
const TICK_SECONDS = 60
/** What a tick has before the next one comes. */
const RUN_MS = 55_000
const TICKS_MAX = 60

const eni = (n: number): string => `eni-${n.toString(16).padStart(17, '0')}`
const inB = (n: number): boolean => n % 2 === 0

/** So many instances with an interface each, in two subnets that are large enough. */
const fleet = (declared: WorldDeclaration): WorldDeclaration => ({
  ...declared,
  subnets: declared.subnets.map((subnet) =>
    subnet.id === subnetA
      ? { ...subnet, cidr: '10.0.0.0/18' }
      : subnet.id === subnetB
        ? { ...subnet, cidr: '10.0.64.0/18' }
        : { ...subnet, cidr: '10.0.250.0/24' },
  ),
  instances: Array.from({ length: ENIS }, (_, index) => ({
    id: instance(index + 1),
    type: 'c6i.large',
    subnetId: inB(index + 1) ? subnetB : subnetA,
    tags: { service: 'checkout' },
  })),
  networkInterfaces: Array.from({ length: ENIS }, (_, index) => {
    const n = index + 1
    const third = (inB(n) ? 64 : 0) + 4 + Math.floor(n / 250)
    return {
      id: eni(n),
      subnetId: inB(n) ? subnetB : subnetA,
      privateIp: `10.0.${third}.${(n % 250) + 1}`,
      mac: `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
      attachment: { instanceId: instance(n), deviceIndex: 0 },
    }
  }),
  autoScalingGroups: [],
})

/** A fleet attached and detached at the pace that EC2 allows. The account’s clock goes on when the control plane waits. */
export const attachRows: Row[] = [
  {
    name: 'attach 1,000 interfaces',
    group: 'control plane: 1,000 interfaces under EC2’s limits (50 writes at once, 5 a second)',
    run: async () => {
      const closing: (() => Promise<void>)[] = []
      const account = await openAccount({ throttle: true }, fleet, {
        tickSeconds: TICK_SECONDS,
        onEnd: (close) => void closing.push(close),
      })
      try {
        return await attachAndDetach(account)
      } finally {
        for (const close of closing) await close()
      }
    },
  },
]

const attachAndDetach = async (account: Account): Promise<Line[]> => {
  const calls = new Interrupt(Number.POSITIVE_INFINITY, 'before')
  calls.attach(account.plane.clients)
  const plane: ControlPlane = {
    ...account.plane,
    sleep: (milliseconds) => account.clock.advance(milliseconds),
  }
  const spec = ExperimentSpec.parse({
    name: 'fleet',
    source: { by: 'tag', match: 'all', tags: { service: 'checkout' } },
    traffic: { ports: [8080] },
    shadow: { url: 'http://127.0.0.9:9' },
    window: { durationSeconds: 4 * 3600 },
    budgetUsd: 10_000,
  })
  const id = await begin(account, spec)
  const attached = await until(account, plane, id, calls, () => mirroredVnis(account.cloud).length === ENIS)
  await stop(account, id)
  const detached = await until(account, plane, id, calls, () => leftovers(account).sessions.length === 0)
  return [
    { name: 'attached', figures: attached },
    { name: 'detached', figures: detached },
  ]
}

const until = async (
  account: Account,
  plane: ControlPlane,
  id: string,
  { calls }: Interrupt,
  done: () => boolean,
): Promise<Line['figures']> => {
  const [began, virtual, before] = [performance.now(), account.clock.now(), calls.length]
  const cpu = process.cpuUsage()
  let heapMb = 0
  let ticks = 0
  while (!done()) {
    if (++ticks > TICKS_MAX) {
      const { experiment } = await read(account.plane, id)
      throw new Error(`not done after ${TICKS_MAX} ticks: ${experiment.phase}, ${experiment.reason}`)
    }
    const next = account.clock.now() + TICK_SECONDS * 1000
    await reconcile(plane, id, account.clock.now() + RUN_MS)
    heapMb = Math.max(heapMb, process.memoryUsage().heapUsed / 1e6)
    await account.gateways.read(account)
    if (account.clock.now() < next) await account.clock.advance(next - account.clock.now())
    await account.gateways.report(account)
  }
  const { user, system } = process.cpuUsage(cpu)
  return {
    'seconds of AWS time': Math.round((account.clock.now() - virtual) / 1000),
    ticks,
    'changing calls': calls.length - before,
    'refused as too many': account.lines.filter((line) => line.includes('RequestLimitExceeded')).length,
    'processor s': Number(((user + system) / 1e6).toFixed(1)),
    'wall s': Number(((performance.now() - began) / 1000).toFixed(1)),
    'heap MB': Math.round(heapMb),
  }
}
