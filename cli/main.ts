#!/usr/bin/env node
import { createClient } from './client.ts'
import { COMMANDS, type Command } from './commands.ts'
import { EXIT, Failure } from './exit.ts'
import { GLOBAL, optionLines, readArguments } from './options.ts'
import { signerFor } from './sign.ts'

const LOCAL_API = 'http://127.0.0.1:4700/api'

const main = async ([name, ...args]: readonly string[]): Promise<number> => {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(help())
    return name === undefined ? EXIT.usage : EXIT.done
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new Failure(`There is no command '${name}'; --help lists what there is`, EXIT.usage)
  const { values, positionals } = readArguments(args, { ...command.options, ...GLOBAL })
  if (values.help === true) {
    console.log(commandHelp(name, command))
    return EXIT.done
  }
  const interrupt = new AbortController()
  // Through npm an interrupt comes twice: the second is not an order to hurry.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort())
  return command.run(values, positionals, {
    client: () => {
      const api = apiAddress((values.api as string | undefined) ?? process.env.SHADOWMETER_API ?? LOCAL_API)
      return createClient(api, signerFor(api, process.env))
    },
    environment: process.env,
    print: (answer, text) => console.log(values.json === true ? JSON.stringify(answer) : text),
    say: (line) => console.error(line),
    signal: interrupt.signal,
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

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Failure)) throw error
  console.error(`shadowmeter: ${error.message}`)
  process.exitCode = error.exit
}
