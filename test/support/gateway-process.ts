import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { SendTo } from './send-datagrams.ts'

export type GatewayProcess = {
  child: ChildProcess
  /** Everything on standard output and standard error so far, by line. */
  stdout: string[]
  stderr: string[]
  /** Address and port of its UDP socket; with a health port, also how many datagrams it has received. */
  udp: SendTo
  ready: string
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; summary: GatewaySummary; ms: number }>
}

export type GatewaySummary = {
  datagrams: Record<string, number>
  packets: Record<string, number>
  requests: {
    received: number
    forwarded: number
    dropped: number
    incomplete: number
    held_back: number
    filtered: number
    sampled_out: number
    reasons: Record<string, number>
    shadow: Record<string, number>
  }
  shadows?: Record<string, unknown>
  record?: { file: string; exchanges: number; bytes: number; [missed: `missed.${string}`]: number }
  violations: string[]
}

const MAIN = new URL('../../data-plane/main.ts', import.meta.url).pathname

/** A gateway of its own, as a user starts it; resolves at its ready line, fails when it ends before. */
export const startGateway = async (
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<GatewayProcess> => {
  const child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout: string[] = []
  const stderr: string[] = []
  const exited = once(child, 'exit')
  const output = createInterface({ input: child.stdout })
  const closed = once(output, 'close')
  output.on('line', (line) => stdout.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line))
  await Promise.race([once(output, 'line'), exited])
  const ready = stdout[0]
  if (ready === undefined) throw new Error(`the gateway ended: ${stderr.join(' ')}`)
  const [, health] = /health (http:\/\/[\d.:]+)/.exec(ready) ?? []
  const received = async () => {
    const text = await (await fetch(`${health}/metrics`)).text()
    let sum = 0
    for (const [, count] of text.matchAll(/^shadowmeter_datagrams_total\{.*\} (\d+)$/gm)) sum += Number(count)
    return sum
  }
  const [, address = '', port] = /udp ([\d.]+):(\d+)/.exec(ready) ?? []
  return {
    child,
    stdout,
    stderr,
    udp: { address, port: Number(port), ...(health && { received }) },
    ready,
    stop: async (signal = 'SIGTERM') => {
      const started = performance.now()
      child.kill(signal)
      const [code] = (await exited) as [number | null]
      await closed
      return { code, summary: JSON.parse(stdout.at(-1) ?? 'null'), ms: performance.now() - started }
    },
  }
}
