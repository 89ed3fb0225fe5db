import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createClient } from '../../cli/client.ts'
import { COMMANDS } from '../../cli/commands.ts'
import { GLOBAL, readArguments } from '../../cli/options.ts'
import { signerFor } from '../../cli/sign.ts'
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

/** A command in this process, without what a process of its own costs; what it throws, the process would say. */
export const runCommand = async (
  url: string,
  name: keyof typeof COMMANDS,
  args: readonly string[],
): Promise<{ code: number; out: string }> => {
  const command = COMMANDS[name]
  if (!command) throw new Error(`there is no command ${name}`)
  const { values, positionals } = readArguments(args, { ...command.options, ...GLOBAL })
  let out = ''
  const code = await command.run(values, positionals, {
    client: () => createClient(new URL(url), signerFor(new URL(url), { SHADOWMETER_TOKEN: API_TOKEN })),
    environment: {},
    print: (answer, text) => {
      out += values.json === true ? JSON.stringify(answer) : text
    },
    say: () => {},
    signal: AbortSignal.any([]),
  })
  return { code, out }
}
