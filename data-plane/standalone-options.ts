import { parseArgs } from 'node:util'
import type * as z from 'zod'
import { Redaction, redacted } from '../contract/redaction.ts'
import { everything, PERCENT_MAX, Selection } from '../contract/selection.ts'
import { ConfigError, type HostPort, parseHostPort } from './config.ts'
import type { ExplainOptions } from './explain.ts'
import { type Environment, missingSecrets, resolveShadows, type Shadows } from './forward/settings.ts'
import { readShadowSpec, SettingsFileError } from './forward/settings-file.ts'
import { parseShadow } from './forward/shadow.ts'
import type { RedactReportOptions } from './redact-report.ts'
import { readSchemaFile, SchemaFileError } from './schema-file.ts'
import type { Rules } from './select/rules.ts'

export const USAGE =
  'gateway --shadow URL [--listen IP:PORT] [--listen-geneve IP:PORT] [--port N]... [--vni N]... [--percent N] ' +
  '[--writes forward|hold] [--select FILE.json] [--forward FILE.json] [--redact FILE.json|off] [--health IP:PORT] [--workers N]'
export const EXPLAIN_USAGE =
  'gateway --explain FILE.pcap [--port N]... [--percent N] [--writes forward|hold] [--select FILE.json]'
export const REDACT_REPORT_USAGE = 'gateway --redact-report FILE.pcap [--port N]... [--redact FILE.json]'

export type StandaloneOptions = {
  listen: HostPort
  /** Where a Gateway Load Balancer sends VXLAN inside GENEVE; null listens for none. */
  listenGeneve: HostPort | null
  /** Service ports of production; null reads every port. */
  ports: number[] | null
  shadows: Shadows
  /** VNIs that count; null admits all. */
  vnis: number[] | null
  rules: Rules
  redaction: Redaction
  health: HostPort | null
  workers: number
}

/** Options of a gateway without a control plane. Throws ConfigError with one line that says what is right. */
export const standaloneOptions = (args: readonly string[], environment: Environment): StandaloneOptions => {
  const values = parsed(args)
  if (values.shadow === undefined) throw new ConfigError(`--shadow is missing; usage: ${USAGE}`)
  return {
    listen:
      values.listen === undefined ? { host: '0.0.0.0', port: 4789 } : address('--listen', values.listen),
    listenGeneve:
      values['listen-geneve'] === undefined ? null : address('--listen-geneve', values['listen-geneve']),
    ports: ports(values),
    shadows: shadows(values.shadow, values.forward, environment),
    vnis: values.vni?.map((vni) => number('--vni', vni, 0, 0xffffff, true)) ?? null,
    rules: rules(values),
    redaction: redaction(values.redact),
    health: values.health === undefined ? null : address('--health', values.health),
    workers: values.workers === undefined ? 1 : number('--workers', values.workers, 1, 64, true),
  }
}

export const asksFor = (args: readonly string[], option: '--explain' | '--redact-report'): boolean =>
  args.some((arg) => arg === option || arg.startsWith(`${option}=`))

/** Options of a look at a capture. Throws ConfigError. */
export const explainOptions = (args: readonly string[]): ExplainOptions => {
  const { explain, port, percent, writes, select, ...others } = parsed(args)
  const [other] = Object.keys(others)
  if (explain === undefined || other !== undefined)
    throw new ConfigError(`--${other ?? 'explain'}: not together with --explain; usage: ${EXPLAIN_USAGE}`)
  return { file: explain, ports: ports({ port }), rules: rules({ percent, writes, select }) }
}

/** Options of a dry run of redaction. Throws ConfigError. */
export const redactReportOptions = (args: readonly string[]): RedactReportOptions => {
  const { 'redact-report': file, port, redact, ...others } = parsed(args)
  const [other] = Object.keys(others)
  if (file === undefined || other !== undefined)
    throw new ConfigError(
      `--${other ?? 'redact-report'}: not together with --redact-report; usage: ${REDACT_REPORT_USAGE}`,
    )
  return { file, ports: ports({ port }), redaction: redaction(redact) }
}

type Parsed = ReturnType<typeof parsed>
type Values<Name extends keyof Parsed> = Readonly<Record<Name, Parsed[Name] | undefined>>

const ports = ({ port }: Partial<Values<'port'>>): number[] | null =>
  port?.map((text) => number('--port', text, 1, 65_535, true)) ?? null

const rules = ({ percent, writes, select }: Partial<Values<'percent' | 'writes' | 'select'>>): Rules => {
  if (writes !== undefined && writes !== 'hold' && writes !== 'forward')
    throw new ConfigError(`--writes ${writes}: is 'forward' or 'hold'`)
  return {
    percent: percent === undefined ? 100 : number('--percent', percent, 0, PERCENT_MAX, false),
    writes: writes ?? 'forward',
    select: select === undefined ? everything() : fromFile('--select', select, Selection),
    sharedBy: 1,
  }
}

const redaction = (given: string | undefined): Redaction => {
  if (given === undefined) return redacted()
  if (given === 'off') return Redaction.parse({ mode: 'off' })
  return fromFile('--redact', given, Redaction)
}

const fromFile = <Schema extends z.ZodType>(
  option: string,
  path: string,
  schema: Schema,
): z.output<Schema> => {
  try {
    return readSchemaFile(path, schema)
  } catch (error) {
    if (error instanceof SchemaFileError) throw new ConfigError(`${option} ${error.message}`)
    throw error
  }
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        listen: { type: 'string' },
        'listen-geneve': { type: 'string' },
        port: { type: 'string', multiple: true },
        shadow: { type: 'string' },
        vni: { type: 'string', multiple: true },
        percent: { type: 'string' },
        select: { type: 'string' },
        forward: { type: 'string' },
        redact: { type: 'string' },
        'redact-report': { type: 'string' },
        explain: { type: 'string' },
        writes: { type: 'string' },
        health: { type: 'string' },
        workers: { type: 'string' },
      },
    }).values
  } catch (error) {
    const message = error instanceof Error ? error.message.split(/[.\n]/)[0] : String(error)
    throw new ConfigError(`${message}; usage: ${USAGE}`)
  }
}

const address = (option: string, text: string): HostPort => {
  const hostPort = parseHostPort(text)
  if (hostPort === null)
    throw new ConfigError(`${option} ${text}: is an IPv4 address with a port, like 127.0.0.1:4789`)
  return hostPort
}

const number = (option: string, text: string, low: number, high: number, whole: boolean): number => {
  const value = Number(text)
  if (text.trim() === '' || !(value >= low && value <= high) || (whole && !Number.isInteger(value)))
    throw new ConfigError(`${option} ${text}: is a ${whole ? 'whole ' : ''}number from ${low} to ${high}`)
  return value
}

/** Secrets that are not there are found out now, not with the first request. */
const shadows = (url: string, file: string | undefined, environment: Environment): Shadows => {
  try {
    parseShadow(url)
  } catch {
    throw new ConfigError(`--shadow ${url}: is an address like http://127.0.0.1:9000`)
  }
  const resolved = resolveShadows(file === undefined ? { url } : shadowSpec(file, url), environment)
  const [missing] = missingSecrets(resolved)
  if (missing !== undefined)
    throw new ConfigError(`${missing}: holds a secret of the shadow; it is absent, or no header can carry it`)
  return resolved
}

const shadowSpec = (file: string, url: string) => {
  try {
    return readShadowSpec(file, url)
  } catch (error) {
    if (error instanceof SettingsFileError) throw new ConfigError(`--forward ${error.message}`)
    throw error
  }
}
