import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import manifest from '../../package.json' with { type: 'json' }
import { type CpuByThread, cpuByThread, memoryMb } from './process-usage.ts'

/** The gateway as its users start it on its own, in a process of its own. */
export type Gateway = {
  port: number
  cpu(): CpuByThread
  memory(): { now: number; peak: number }
  /** Ends it and gives the counters that it prints. */
  stop(): Promise<GatewaySummary>
}

export type GatewaySummary = {
  datagrams: Record<string, number>
  packets: Record<string, number>
  gapBytes: number
  requests: {
    received: number
    forwarded: number
    incomplete: number
    dropped: number
    reasons: Record<string, number>
    shadow: Record<string, number>
  }
  violations: string[]
}

export type GatewayOptions = {
  shadow: string
  workers?: number
  /** Redaction as it is without `--redact`, or none. */
  isRedacted?: boolean
  /** Its working thread stands still for 50 ms every second. */
  isPaused?: boolean
  /** Options of Node, such as a profiler's. */
  node?: readonly string[]
}

const pause = fileURLToPath(new URL('./pause.ts', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

export const startGateway = async (given: GatewayOptions): Promise<Gateway> => {
  const { shadow, workers = 1, isRedacted = true, isPaused = false } = given
  const node = [...(given.node ?? []), ...(isPaused ? ['--import', pause] : [])]
  const options = ['--listen', '127.0.0.1:0', '--port', '8080', '--shadow', shadow]
  if (!isRedacted) options.push('--redact', 'off')
  if (workers > 1) options.push('--workers', String(workers))
  // The script of `npm run gateway`, whose `exec` leaves no shell behind.
  const script = manifest.scripts.gateway.replace('exec node', `exec "${process.execPath}" ${node.join(' ')}`)
  const child = spawn('sh', ['-c', `${script} "$@"`, 'gateway', ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ending = () => child.kill('SIGKILL')
  process.once('exit', ending)
  const failed = once(child, 'exit').then(([code]) => [`it ended with code ${code}`])
  const [line] = await Promise.race([once(child.stdout, 'data'), failed])
  const port = Number(/ready on udp [\d.]+:(\d+)/.exec(String(line))?.[1])
  const { pid } = child
  if (!port || pid === undefined) throw new Error(`the gateway did not start: ${line}`)
  const rest = text(child.stdout)
  return {
    port,
    cpu: () => cpuByThread(pid),
    memory: () => memoryMb(pid),
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const summary = JSON.parse(await rest)
      await exited
      process.removeListener('exit', ending)
      return summary
    },
  }
}

/** Every loss that a summary names, by stage; empty when there was none. */
export const losses = ({ datagrams, requests }: GatewaySummary): Record<string, number> => {
  const refused = Object.entries(datagrams).filter(([name]) => name !== 'received' && name !== 'accepted')
  const reasons = Object.entries(requests.reasons)
  const failed = Object.entries(requests.shadow).filter(([name]) => name !== 'answered_2xx')
  return Object.fromEntries([...refused, ...reasons, ...failed].filter(([, count]) => count > 0))
}
