import { fork } from 'node:child_process'

/** A started task's process, as much of it as ECS needs. */
export type TaskProcess = {
  readonly pid: number | undefined
  signal(name: 'SIGTERM' | 'SIGKILL'): void
  /** The process exists now. */
  onRunning(listener: () => void): void
  /** It ended, or could not be started: then `code` is null and `problem` says why. */
  onExit(listener: (code: number | null, problem: string | null) => void): void
  /** The end of what it printed. */
  output(): string
}

export type SpawnTask = (task: {
  module: string
  arguments: readonly string[]
  environment: Readonly<Record<string, string>>
}) => TaskProcess

const KEPT_OUTPUT = 64 * 1024

/**
 * Forks Node with an IPC channel, so that the death of these endpoints is seen by the task, and with an environment of
 * its own, as a container has; what Node has compiled once is kept for the next.
 */
export const forkTask: SpawnTask = ({ module, arguments: argv, environment }) => {
  const inherited = Object.fromEntries(
    ['PATH', 'SystemRoot', 'TMPDIR', 'NODE_COMPILE_CACHE'].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const child = fork(module, [...argv], {
    env: { ...inherited, ...environment },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let kept = ''
  const keep = (chunk: Buffer) => {
    kept = (kept + chunk.toString('utf8')).slice(-KEPT_OUTPUT)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return {
    get pid() {
      return child.pid
    },
    signal: (name) => void child.kill(name),
    onRunning: (listener) => void child.once('spawn', listener),
    onExit(listener) {
      let told = false
      const tell = (code: number | null, problem: string | null) => {
        if (told) return
        told = true
        listener(code, problem)
      }
      child.once('close', (code) => tell(code, null))
      child.once('error', (error) => {
        if (child.pid === undefined) tell(null, error.message)
      })
    },
    output: () => kept,
  }
}
