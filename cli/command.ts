import type { Client } from './client.ts'
import type { Options, Values } from './options.ts'

/** What a command works with. */
export type Surroundings = {
  client: () => Client
  environment: Readonly<Record<string, string | undefined>>
  /** The result, for people; `--json` prints the answer itself instead. */
  print: (answer: unknown, text: string) => void
  /** What happens on the way, on stderr. */
  say: (line: string) => void
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal
}

export type Command = Readonly<{
  summary: string
  /** What it takes beside options. */
  operands: string
  options: Options
  run: (values: Values, operands: readonly string[], surroundings: Surroundings) => Promise<number>
}>

/** Commands of one noun, by what they are called. */
export type Commands = Readonly<Record<string, Command>>
