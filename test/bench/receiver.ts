import { execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { cpuByThread, cpuSum } from './process-usage.ts'
import type { ReceiveCounts, Receiving, Work } from './receive-process.ts'

/** A process that receives and does nothing else, or little. */
export type Receiver = {
  port: number
  cpuMs(): number
  /** Datagrams so far; null when it only says so at its end. */
  received(): Promise<number | null>
  /** Ends it; says how many it received in all. */
  stop(): Promise<number>
}

export const startReceiver = async (receiving: Receiving, work: Work): Promise<Receiver> => {
  const child = fork(new URL('./receive-process.ts', import.meta.url), [receiving, work])
  const [port] = (await once(child, 'message')) as [number]
  const received = async () => {
    const answered = once(child, 'message') as Promise<[ReceiveCounts]>
    child.send('counts')
    return (await answered)[0].datagrams
  }
  return {
    port,
    cpuMs: () => cpuSum(cpuByThread(child.pid as number)),
    received,
    stop: async () => {
      const count = await received()
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      return count
    },
  }
}

/** The loop in C, compiled for the occasion; null without a compiler. */
export const startLoop = async (): Promise<Receiver | null> => {
  const folder = mkdtempSync(join(tmpdir(), 'shadowmeter-bench-'))
  try {
    const program = join(folder, 'receive-loop')
    const source = fileURLToPath(new URL('./receive-loop.c', import.meta.url))
    try {
      execFileSync('cc', ['-O2', '-o', program, source], { stdio: 'pipe' })
    } catch {
      return null
    }
    const child = spawn(program, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(child.stdout, 'data')
    const rest = text(child.stdout)
    return {
      port: Number(line),
      cpuMs: () => cpuSum(cpuByThread(child.pid as number)),
      received: async () => null,
      stop: async () => {
        child.kill('SIGTERM')
        return Number(await rest)
      },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
