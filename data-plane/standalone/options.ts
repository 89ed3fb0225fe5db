import type { Redaction } from '../../contract/redaction.ts'
import { ConfigError, type HostPort } from '../config.ts'
import type { Environment, Shadows } from '../forward/settings.ts'
import { RECORD_FORMATS } from '../record/record-content.ts'
import type { RecordOptions } from '../record/recording.ts'
import type { Rules } from '../select/rules.ts'
import type { ConvertOptions } from './convert.ts'
import type { ExplainOptions } from './explain.ts'
import {
  address,
  number,
  parsed,
  ports,
  recordChoice,
  recordOptions,
  redaction,
  rules,
  shadows,
  USAGE,
} from './option-values.ts'
import type { RedactReportOptions } from './redact-report.ts'

export const EXPLAIN_USAGE =
  'gateway --explain FILE.pcap [--port N]... [--percent N] [--writes forward|hold] [--select FILE.json]'
export const REDACT_REPORT_USAGE = 'gateway --redact-report FILE.pcap [--port N]... [--redact FILE.json]'

export const CONVERT_USAGE =
  'gateway --convert FILE --as native|har|goreplay|pcap [--port N]... [--from TIME] [--to TIME] [--redact FILE.json|off]'

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
  /** Null records nothing. */
  record: RecordOptions | null
}

/** Options of a gateway without a control plane. Throws ConfigError with one line that says what is right. */
export const standaloneOptions = (args: readonly string[], environment: Environment): StandaloneOptions => {
  const { replay: _, ...values } = parsed(args)
  for (const option of ['pace', 'from', 'to', 'loop'] as const)
    if (values[option] !== undefined) throw new ConfigError(`--${option}: goes with --replay FILE`)
  if (values['record-key'] !== undefined && values.record === undefined)
    throw new ConfigError('--record-key: goes with --record FILE, --replay FILE or --convert FILE')
  if (values.as !== undefined) throw new ConfigError('--as: goes with --convert FILE')
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
    record: recordOptions(values, environment),
  }
}

/** What a gateway does instead of listening. */
export type Mode = '--explain' | '--redact-report' | '--replay' | '--convert'

export const asksFor = (args: readonly string[], option: Mode): boolean =>
  args.some((arg) => arg === option || arg.startsWith(`${option}=`))

/** Options of a look at a capture. Throws ConfigError. */
export const explainOptions = (args: readonly string[]): ExplainOptions => {
  const { explain, port, percent, writes, select, ...others } = parsed(args)
  return {
    file: fileOf('explain', explain, others, EXPLAIN_USAGE),
    ports: ports({ port }),
    rules: rules({ percent, writes, select }),
  }
}

/** Options of a dry run of redaction. Throws ConfigError. */
export const redactReportOptions = (args: readonly string[]): RedactReportOptions => {
  const { 'redact-report': file, port, redact, ...others } = parsed(args)
  return {
    file: fileOf('redact-report', file, others, REDACT_REPORT_USAGE),
    ports: ports({ port }),
    redaction: redaction(redact),
  }
}

/** Options of a conversion. Throws ConfigError. */
export const convertOptions = (args: readonly string[], environment: Environment): ConvertOptions => {
  const { convert, as, port, redact, from, to, 'record-key': key, ...others } = parsed(args)
  const file = fileOf('convert', convert, others, CONVERT_USAGE)
  const format = RECORD_FORMATS.find((name) => name === as)
  if (format === undefined)
    throw new ConfigError(`--as ${as ?? 'FORMAT'}: is one of ${RECORD_FORMATS.join(', ')}`)
  return { ...recordChoice(file, { port, redact, from, to, 'record-key': key }, environment), format }
}

/** What a mode reads, which goes with no option but its own. */
const fileOf = (mode: string, file: string | undefined, others: object, usage: string): string => {
  const [other] = Object.keys(others)
  if (file === undefined || other !== undefined)
    throw new ConfigError(`--${other ?? mode}: not together with --${mode}; usage: ${usage}`)
  return file
}
