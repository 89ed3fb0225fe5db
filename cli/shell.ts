import { createClient } from './client.ts'
import type { Command } from './command.ts'
import { COMMANDS } from './commands.ts'
import { EXIT, Failure } from './exit.ts'
import { GLOBAL, optionLines, readArguments } from './options.ts'
import { signerFor } from './sign.ts'

const LOCAL_API = 'http://127.0.0.1:4700/api'

/** Where the command runs: a process, or whoever stands in for one. */
export type Shell = Readonly<{
  environment: Readonly<Record<string, string | undefined>>
  /** A line on stdout, and one on stderr. */
  out: (line: string) => void
  err: (line: string) => void
  /** Asked to stop. */
  signal: AbortSignal
}>

/** Runs one command line and answers with its exit code; what goes wrong is one line on stderr. */
export const runIn = async (shell: Shell, args: readonly string[]): Promise<number> => {
  try {
    return await main(shell, args)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    shell.err(`shadowmeter: ${error.message}`)
    return error.exit
  }
}

const main = async (
  { environment, out, err, signal }: Shell,
  [name, ...args]: readonly string[],
): Promise<number> => {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    out(help())
    return name === undefined ? EXIT.usage : EXIT.done
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new Failure(`There is no command '${name}'; --help lists what there is`, EXIT.usage)
  const { values, positionals } = readArguments(args, { ...command.options, ...GLOBAL })
  if (values.help === true) {
    out(commandHelp(name, command))
    return EXIT.done
  }
  return command.run(values, positionals, {
    client: () => {
      const api = apiAddress((values.api as string | undefined) ?? environment.SHADOWMETER_API ?? LOCAL_API)
      return createClient(api, signerFor(api, environment))
    },
    environment,
    print: (answer, text) => out(values.json === true ? JSON.stringify(answer) : text),
    say: err,
    signal,
  })
}

const apiAddress = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return url
  throw new Failure(`--api takes an http or https address, like ${LOCAL_API}, not '${text}'`, EXIT.usage)
}

const help = (): string =>
  [
    'Shadowmeter: your next release against real production traffic, for a bounded window and a bounded bill.',
    '',
    '  shadowmeter COMMAND [OPTIONS]',
    '',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`),
    '',
    ...optionLines(GLOBAL),
    '',
    'Exit codes: 0 done, or the experiment completed and nothing speaks against the release; 1 the command failed;',
    '2 wrong usage or request; 3 the experiment cannot start; 4 inconclusive, or it ended early; 5 the verdict is fail,',
    'or the experiment failed or was aborted; 130 interrupted. Away from this machine requests are signed with the credentials of the AWS environment.',
  ].join('\n')

const commandHelp = (name: string, { summary, operands, options }: Command): string =>
  [
    `${summary}.`,
    '',
    `  shadowmeter ${name}${operands === '' ? '' : ` ${operands}`} [OPTIONS]`,
    '',
    ...optionLines({ ...options, ...GLOBAL }),
  ].join('\n')
