import { startVxlanSender, type VxlanSender } from '../support/vxlan-sender.ts'
import type { TrafficKind } from '../support/vxlan-sender-traffic.ts'
import { type Gateway, type GatewayOptions, type GatewaySummary, startGateway } from './gateway.ts'
import { type CpuByThread, cpuDifference } from './process-usage.ts'
import { type Shadow, startShadow } from './shadow.ts'

export type Traffic = { kind: TrafficKind; connections: number }

/** A gateway between a sender and a shadow, each a process of its own, warmed up. */
export type Run = {
  gateway: Gateway
  shadow: Shadow
  sender: VxlanSender
  /** Sends at this rate and waits for the end. */
  phase(exchangesPerSecond: number, seconds: number): Promise<Phase>
  /** Ends everything. */
  end(): Promise<GatewaySummary>
}

export type Phase = {
  sent: number
  packets: number
  forwarded: number
  /** The sum of the request numbers that arrived is the sum of those that were sent. */
  isSame: boolean
  /** Exchanges a second as the sender achieved them. */
  rate: number
  cpu: CpuByThread
}

const VNI = 42
/** Outer source ports, as a hash of each connection spreads them. */
const SOCKETS = 16
const OPEN_PACKETS_PER_SECOND = 20_000
/**
 * Requests to each worker before anything is measured: until then compiling costs as much as the work. As fast as a shared
 * machine can for certain.
 */
const WARM_UP_REQUESTS = 25_000
const WARM_UP_RATE = 5_000

export const startRun = async (
  { kind, connections }: Traffic,
  options: Omit<GatewayOptions, 'shadow'> = {},
  isWarmedUp = true,
): Promise<Run> => {
  const shadow = await startShadow()
  const gateway = await startGateway({ ...options, shadow: shadow.url })
  const to = { host: '127.0.0.1', port: gateway.port }
  const seed = Math.floor(Math.random() * 2 ** 31)
  const sender = await startVxlanSender({ kind, connections, vni: VNI, seed, to, sockets: SOCKETS })
  await sender.open(OPEN_PACKETS_PER_SECOND)

  const phase = async (exchangesPerSecond: number, seconds: number): Promise<Phase> => {
    const before = await shadow.counts()
    const cpuBefore = gateway.cpu()
    const sent = await sender.run(exchangesPerSecond, Math.round(exchangesPerSecond * seconds))
    const after = await shadow.settled(before.requests + sent.exchanges)
    return {
      sent: sent.exchanges,
      packets: sent.packets,
      forwarded: after.requests - before.requests,
      isSame: after.numbers - before.numbers === sent.numbers,
      rate: sent.exchanges / sent.seconds,
      cpu: cpuDifference(cpuBefore, gateway.cpu()),
    }
  }
  const rounds = isWarmedUp ? (options.workers ?? 1) : 0
  for (let round = 0; round < rounds; round++) await phase(WARM_UP_RATE, WARM_UP_REQUESTS / WARM_UP_RATE)
  return {
    gateway,
    shadow,
    sender,
    phase,
    end: async () => {
      await sender.close()
      const summary = await gateway.stop()
      await shadow.close()
      return summary
    },
  }
}
