import { createInterface } from 'node:readline/promises'
import { AccountError } from './account.ts'
import { HELP, OptionError, parseOptions, type VerifyOptions } from './options.ts'
import { isRight } from './report.ts'
import { verify } from './run.ts'

/** 0: all is right; 1: something is not, or was left behind; 2: the options are wrong. */
const main = async (): Promise<number> => {
  let options: VerifyOptions | 'help'
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    console.error(error.message)
    return 2
  }
  if (options === 'help') {
    console.log(HELP)
    return 0
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  const { json } = options
  // What a program reads has nothing else in it.
  const say = (line: string) => (json ? console.error(line) : console.log(line))
  try {
    const ask = process.stdin.isTTY && !json ? askOnTerminal : null
    const report = await verify(options, { say, ask }, stop.signal)
    if (json) console.log(JSON.stringify(report, null, 2))
    return isRight(report) ? 0 : 1
  } catch (error) {
    if (!(error instanceof AccountError) && !isAwsError(error)) throw error
    console.error(`${error.name}: ${error.message}`)
    return 1
  }
}

/** An answer of AWS, or none: credentials, Region, network. */
const isAwsError = (error: unknown): error is Error =>
  error instanceof Error &&
  ('$metadata' in error || /Credentials|Region|ENOTFOUND|ECONNREFUSED/.test(`${error}`))

const askOnTerminal = async (question: string): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}

process.exitCode = await main()
