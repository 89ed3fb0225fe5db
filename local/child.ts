import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ChildMessage } from './run-child.ts'

/** A part of the local system that runs in its own process. */
export type Child = {
  readonly name: string
  /** Resolves when it answers; rejects with one clear line when it could not start. */
  readonly ready: Promise<void>
  /** Resolves when it has ended, with how: `SIGKILL`, `code 1`. */
  readonly ended: Promise<string>
  /** Asks it to end, and makes it end when it has not after some seconds. */
  stop(): Promise<void>
}

const KILL_AFTER_MS = 14_000

/** Forks a module next to this one; `options` must be JSON. */
export const startChild = (
  name: string,
  module: string,
  options: unknown,
  environment: Readonly<Record<string, string>> = {},
): Child => {
  const child: ChildProcess = fork(fileURLToPath(new URL(module, import.meta.url)), [], {
    env: { ...withoutAws(process.env), ...environment },
    // Its own output would only repeat what the supervisor says; what goes wrong goes to stderr.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send(options as Serializable, () => {})
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: ChildMessage) => {
      if ('ready' in message) resolve()
      else reject(new Error(`${name}: ${message.failed}`))
    })
    ended.then((how) => reject(new Error(`${name} ended before it was ready (${how})`)))
  })
  // Whoever waits for `ready` hears of it; nobody else must.
  ready.catch(() => {})
  return {
    name,
    ready,
    ended,
    stop: async () => {
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
      await ended
      clearTimeout(force)
    },
  }
}

/** Nothing of the user’s own AWS account may reach a process that believes in the local one. */
const withoutAws = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')))
