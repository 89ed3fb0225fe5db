import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type * as z from 'zod'
import { RECORD_LIMITS } from '../../contract/record.ts'
import { Redaction, redacted } from '../../contract/redaction.ts'
import { everything, PERCENT_MAX, Selection } from '../../contract/selection.ts'
import { ConfigError, type HostPort, parseHostPort } from '../config.ts'
import { type Environment, missingSecrets, resolveShadows, type Shadows } from '../forward/settings.ts'
import { readShadowSpec, SettingsFileError } from '../forward/settings-file.ts'
import { parseShadow } from '../forward/shadow.ts'
import type { RecordOptions } from '../record/recording.ts'
import { SEAL_KEY_BYTES } from '../record/sealed-file.ts'
import { type Instant, parseInstant } from '../replay/slice.ts'
import type { Rules } from '../select/rules.ts'
import type { RecordChoice } from './record-choice.ts'
import { readSchemaFile, SchemaFileError } from './schema-file.ts'

/** What the options of a gateway on its own say, one by one. All throw ConfigError with one line that says what is right. */

export const USAGE =
  'gateway --shadow URL [--listen IP:PORT] [--listen-geneve IP:PORT] [--port N]... [--vni N]... [--percent N] ' +
  '[--writes forward|hold] [--select FILE.json] [--forward FILE.json] [--redact FILE.json|off] [--health IP:PORT] ' +
  '[--workers N] [--record FILE [--record-key FILE] [--record-mb N] [--record-seconds N]]'

type Parsed = ReturnType<typeof parsed>
type Values<Name extends keyof Parsed> = { readonly [Each in Name]?: Parsed[Each] | undefined }

export const ports = ({ port }: Values<'port'>): number[] | null =>
  port?.map((text) => number('--port', text, 1, 65_535, true)) ?? null

export const rules = ({ percent, writes, select }: Values<'percent' | 'writes' | 'select'>): Rules => {
  if (writes !== undefined && writes !== 'hold' && writes !== 'forward')
    throw new ConfigError(`--writes ${writes}: is 'forward' or 'hold'`)
  return {
    percent: percent === undefined ? 100 : number('--percent', percent, 0, PERCENT_MAX, false),
    writes: writes ?? 'forward',
    select: select === undefined ? everything() : fromFile('--select', select, Selection),
    sharedBy: 1,
  }
}

export const redaction = (given: string | undefined): Redaction => {
  if (given === undefined) return redacted()
  if (given === 'off') return Redaction.parse({ mode: 'off' })
  return fromFile('--redact', given, Redaction)
}

const KEY_VARIABLE = 'SHADOWMETER_RECORD_KEY'

/** The key of encrypted records, out of a file or else the environment; null without one. */
export const recordKey = (values: Values<'record-key'>, environment: Environment): Buffer | null => {
  const path = values['record-key']
  const text = path === undefined ? environment[KEY_VARIABLE] : keyFile(path)
  if (text === undefined) return null
  const key = Buffer.from(text.trim(), /^[0-9a-f]{64}$/i.test(text.trim()) ? 'hex' : 'base64')
  if (key.length !== SEAL_KEY_BYTES)
    throw new ConfigError(
      `${path === undefined ? KEY_VARIABLE : `--record-key ${path}`}: is ${SEAL_KEY_BYTES} bytes in base64 or hexadecimal, ` +
        'as `openssl rand -base64 32` writes them',
    )
  return key
}

const keyFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`--record-key ${path}: ${(error as Error).message}`)
  }
}

/** Throws ConfigError also where a limit is given and no file. */
export const recordOptions = (
  values: Values<'record' | 'record-mb' | 'record-seconds' | 'record-key'>,
  environment: Environment,
): RecordOptions | null => {
  const { record, 'record-mb': megabytes, 'record-seconds': seconds } = values
  if (record === undefined) {
    if (megabytes !== undefined || seconds !== undefined)
      throw new ConfigError(`--record-${megabytes === undefined ? 'seconds' : 'mb'}: goes with --record FILE`)
    return null
  }
  return {
    file: record,
    key: recordKey(values, environment),
    bytes:
      megabytes === undefined
        ? RECORD_LIMITS.bytes
        : number('--record-mb', megabytes, 1, 1_000_000, false) * 1e6,
    seconds:
      seconds === undefined
        ? RECORD_LIMITS.seconds
        : number('--record-seconds', seconds, 1, 30 * 24 * 3_600, false),
  }
}

const instant = (option: string, text: string | undefined): Instant | null => {
  if (text === undefined) return null
  const found = parseInstant(text)
  if (found === null)
    throw new ConfigError(
      `${option} ${text}: is a time since the first request like +90s or +5m, or one with its zone like 2026-11-26T14:00:00Z`,
    )
  return found
}

/** What of a file of recorded traffic is meant. */
export const recordChoice = (
  file: string,
  values: Values<'record-key' | 'port' | 'from' | 'to' | 'redact'>,
  environment: Environment,
): RecordChoice => ({
  file,
  key: recordKey(values, environment),
  ports: ports(values),
  from: instant('--from', values.from),
  to: instant('--to', values.to),
  redaction: values.redact === undefined ? null : redaction(values.redact),
})

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

export const parsed = (args: readonly string[]) => {
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
        record: { type: 'string' },
        'record-key': { type: 'string' },
        'record-mb': { type: 'string' },
        'record-seconds': { type: 'string' },
        replay: { type: 'string' },
        pace: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        loop: { type: 'string' },
        convert: { type: 'string' },
        as: { type: 'string' },
      },
    }).values
  } catch (error) {
    const message = error instanceof Error ? error.message.split(/[.\n]/)[0] : String(error)
    throw new ConfigError(`${message}; usage: ${USAGE}`)
  }
}

export const address = (option: string, text: string): HostPort => {
  const hostPort = parseHostPort(text)
  if (hostPort === null)
    throw new ConfigError(`${option} ${text}: is an IPv4 address with a port, like 127.0.0.1:4789`)
  return hostPort
}

export const number = (option: string, text: string, low: number, high: number, whole: boolean): number => {
  const value = Number(text)
  if (text.trim() === '' || !(value >= low && value <= high) || (whole && !Number.isInteger(value)))
    throw new ConfigError(`${option} ${text}: is a ${whole ? 'whole ' : ''}number from ${low} to ${high}`)
  return value
}

/** Secrets that are not there are found out now, not with the first request. */
export const shadows = (url: string, file: string | undefined, environment: Environment): Shadows => {
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
