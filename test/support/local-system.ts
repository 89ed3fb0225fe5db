import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../local/main.ts', import.meta.url))

/** The whole local system as a user starts it: a process of its own, known only by what it prints. */
export type LocalSystem = {
  /** The console’s address, without the token that was printed with it. */
  readonly console: string
  /** Changes need it. */
  readonly token: string
  readonly api: string
  readonly aws: string
  /** Where to send the traffic of `--production`; null without it. */
  readonly production: string | null
  readonly process: ChildProcess
  readonly output: () => string
  /** SIGINT, as Ctrl-C gives it, and wait for the end; answers with the exit code. */
  stop(): Promise<number | null>
}

/** So many ports of its own has each worker, so that no two tests at a time choose the same ones. */
const SHARE = 2_000
const FIRST = 20_000 + (Number(process.env.VITEST_POOL_ID ?? 0) % 4) * SHARE
const given = new Set<number>()

/**
 * Two ports next to each other that nobody listens on: the console’s and the AWS endpoint’s. Below the ports that the
 * kernel gives to clients (Linux: from 32,768), so that they are still free for the same system’s next start.
 */
export const freePorts = async (): Promise<number> => {
  for (;;) {
    const port = FIRST + 2 * Math.floor((Math.random() * SHARE) / 2)
    if (given.has(port)) continue
    given.add(port)
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

export const startLocalSystem = async (options: readonly string[]): Promise<LocalSystem> => {
  const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', (data) => {
    text += data
  })
  child.stderr.on('data', (data) => {
    text += data
  })
  const lines = options.includes('--production') ? 4 : 3
  const ended = once(child, 'exit')
  const deadline = Date.now() + 30_000
  const addresses = () => text.match(/http:\/\/\S+/g) ?? []
  while (addresses().length < lines) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the local system did not start:\n${text}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const [printed, api, aws, production] = addresses()
  const { origin = '', searchParams } = URL.parse(printed ?? '') ?? {}
  const token = searchParams?.get('token')
  if (!token || !api || !aws) throw new Error(text)
  return {
    console: `${origin}/`,
    token,
    api,
    aws,
    production: production ?? null,
    process: child,
    output: () => text,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
      await ended
      return child.exitCode
    },
  }
}

/** Process ids whose command line names `part`, children of children of `root` included (Linux). */
export const processesBelow = (root: number, part: string): number[] => {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state !== 'Z') parents.set(Number(entry), Number(parent))
    } catch {
      // It ended between the two looks.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent === root || (parent !== undefined && parent > 1 && isBelow(parent))
  }
  return [...parents.keys()].filter(isBelow).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').includes(part)
    } catch {
      return false
    }
  })
}
