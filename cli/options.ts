import { type ParseArgsConfig, parseArgs } from 'node:util'
import { Comparing } from '../contract/comparing.ts'
import { DEPENDENCIES } from '../contract/dependency.ts'
import { ExperimentSpec } from '../contract/experiment.ts'
import { EXIT, Failure } from './exit.ts'

/** One option: with `value` it takes one, else it is a switch. */
export type Option = Readonly<{ value?: string; multiple?: true; help: string }>
export type Options = Readonly<Record<string, Option>>

export const GLOBAL = {
  api: { value: 'URL', help: 'the API (SHADOWMETER_API; default http://127.0.0.1:4700/api, a local system)' },
  json: { help: 'print what the API answers, as JSON' },
  help: { help: 'this text' },
} as const satisfies Options

const { name, owner, reason, window, budgetUsd, requests, traffic, probe } = ExperimentSpec.shape
const { percent, writes } = requests.unwrap().shape
const { durationSeconds, startAt, preNoticeMinutes } = window.shape

/** Fields of a spec, in the words of the API’s schema where it has some. */
export const SPEC = {
  name: { value: 'TEXT', help: name.description ?? 'what people call it; default: the deployment’s id' },
  owner: { value: 'NAME', help: owner.unwrap().description ?? owner.description ?? '' },
  reason: { value: 'TEXT', help: reason.unwrap().description ?? reason.description ?? '' },
  source: { value: 'ID', multiple: true, help: 'a network interface (eni-…) or an instance (i-…) to mirror' },
  tag: { value: 'KEY=VALUE', multiple: true, help: 'mirror the instances that carry all these tags' },
  port: { value: 'N', multiple: true, help: traffic.def.shape.ports.description ?? '' },
  directions: { value: 'WHICH', help: traffic.def.shape.directions.description ?? '' },
  shadow: { value: 'URL', help: 'where the requests go' },
  dependency: {
    value: 'NAME=HOW',
    multiple: true,
    help: `what the shadow uses: own, stub or none, for each of ${DEPENDENCIES.join(', ')}; all=HOW for the rest`,
  },
  duration: { value: 'TIME', help: `${durationSeconds.description}: 90s, 10m, 2h` },
  probe: {
    value: 'THEN',
    help: `${probe.unwrap().description ?? probe.description ?? ''}; then go-on, or ask`,
  },
  'start-at': { value: 'TIME', help: startAt.description ?? '' },
  'pre-notice': { value: 'TIME', help: `${preNoticeMinutes.description ?? ''}: 30m, 2h` },
  budget: { value: 'DOLLARS', help: budgetUsd.description ?? '' },
  percent: { value: 'N', help: percent.description ?? '' },
  record: { value: 'MB', help: 'record so much of the forwarded requests, with both answers, redacted' },
  'snapshot-at': { value: 'TIME', help: Comparing.shape.snapshotAt.unwrap().description ?? '' },
  openapi: {
    value: 'FILE',
    help: 'OpenAPI 3 document of the service, in JSON or YAML: its paths name the endpoints',
  },
  noise: {
    value: 'FILE',
    help: 'what was decided about noise in an earlier experiment: what `noise --json` printed, or its evidence',
  },
  writes: { value: 'WHICH', help: writes.description ?? '' },
} as const satisfies Options

export type Values = Readonly<Record<string, string | string[] | boolean | undefined>>

/** @throws Failure with what is right */
export const readArguments = (
  args: readonly string[],
  options: Options,
): { values: Values; positionals: string[] } => {
  const config: ParseArgsConfig['options'] = Object.fromEntries(
    Object.entries(options).map(([name, { value, multiple }]) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', multiple: multiple === true },
    ]),
  )
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: config, allowPositionals: true })
    return { values: values as Values, positionals }
  } catch (error) {
    const [reason = ''] = (error as Error).message.split(/\. |\n/)
    throw new Failure(`${reason.replace(/\.$/, '')}; --help lists the options`, EXIT.usage)
  }
}

const WIDTH = 24
const LINE = 110

/** Options as help shows them: one a line, what is longer wrapped. */
export const optionLines = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, { value, multiple, help }]) => {
    const said = `--${name}${value === undefined ? '' : ` ${value}`}${multiple ? '…' : ''}`
    const [first = '', ...rest] = wrapped(help, LINE - WIDTH - 2)
    return [`  ${said.padEnd(WIDTH)}${first}`, ...rest.map((line) => `  ${' '.repeat(WIDTH)}${line}`)]
  })

const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
