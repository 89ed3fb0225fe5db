import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runIn } from '../../cli/shell.ts'
import { API_TOKEN } from './api-server.ts'

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

export type Finished = { code: number | null; out: string; err: string }
export type Running = { child: ChildProcess; err: () => string; finished: Promise<Finished> }

/** The command as a process of its own, without any AWS configuration but what is given. */
export const startCli = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  main = MAIN,
): Running => {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS|SHADOWMETER)_/.test(name)),
  )
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, AWS_EC2_METADATA_DISABLED: 'true', SHADOWMETER_TOKEN: API_TOKEN, ...environment },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  return { child, err: () => err, finished: once(child, 'close').then(([code]) => ({ code, out, err })) }
}

export const cli = (...args: Parameters<typeof startCli>): Promise<Finished> => startCli(...args).finished

/**
 * The command in this process, against an API: for what is asked and printed, without a process for each question.
 */
export const shell = async (url: string, ...args: readonly string[]): Promise<Finished> => {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await runIn(
    {
      environment: { SHADOWMETER_API: url, SHADOWMETER_TOKEN: API_TOKEN },
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      signal: new AbortController().signal,
    },
    args,
  )
  return { code, out: out.join('\n'), err: err.join('\n') }
}
