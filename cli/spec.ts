import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { DEPENDENCIES } from '../contract/dependency.ts'
import { DecidedPlace } from '../contract/difference.ts'
import type { ExperimentSpecInput } from '../contract/experiment.ts'
import { endpointsOf } from '../contract/openapi-document.ts'
import { EXIT, Failure } from './exit.ts'

/** Options that make or change an experiment’s spec. */
export type SpecOptions = {
  name?: string | undefined
  owner?: string | undefined
  reason?: string | undefined
  source?: string[] | undefined
  tag?: string[] | undefined
  port?: string[] | undefined
  shadow?: string | undefined
  duration?: string | undefined
  'start-at'?: string | undefined
  'pre-notice'?: string | undefined
  budget?: string | undefined
  percent?: string | undefined
  writes?: string | undefined
  record?: string | undefined
  directions?: string | undefined
  'snapshot-at'?: string | undefined
  openapi?: string | undefined
  noise?: string | undefined
  dependency?: string[] | undefined
  probe?: string | undefined
}

type Json = { [key: string]: unknown }

/** The decided ones of a list, without what belongs to the experiment they were found in. */
const ExportedNoise = z
  .union([
    z.looseObject({ places: z.array(z.looseObject({})) }).transform(({ places }) => places),
    z.looseObject({ noise: z.array(z.looseObject({})) }).transform(({ noise }) => noise),
  ])
  .transform((places) =>
    places
      .filter(({ decision }) => decision !== 'learned')
      .map(({ endpoint, kind, path, decision }) => ({ endpoint, kind, path, decision })),
  )
  .pipe(z.array(DecidedPlace))

/** What must be there for the API to look at it at all, with the option that gives it. */
const NEEDED = [
  ['source', '--source or --tag'],
  ['traffic', '--port'],
  ['shadow', '--shadow'],
  ['window', '--duration'],
  ['budgetUsd', '--budget'],
] as const

/**
 * The spec of a JSON file (`-` reads stdin), its fields replaced by options. Only what options say is checked here: the
 * rest is the API’s to judge. @throws Failure
 */
export const readSpec = (
  file: string | undefined,
  options: SpecOptions,
  defaultName: string,
): ExperimentSpecInput => {
  const spec = file === undefined ? {} : readJson(file)
  const inside = (field: string): Json => (isObject(spec[field]) ? spec[field] : {})
  const { name, owner, reason, shadow, duration, budget, percent, writes, record, directions } = options
  const made: Json = {
    ...spec,
    name: name ?? spec.name ?? defaultName,
    ...(owner !== undefined && { owner }),
    ...(reason !== undefined && { reason }),
    ...sourceOf(options),
    ...((options.port || directions !== undefined) && {
      traffic: {
        ...inside('traffic'),
        ...(options.port && { ports: options.port.map((port) => numberOf('--port', port)) }),
        ...(directions !== undefined && { directions }),
      },
    }),
    ...(shadow !== undefined && { shadow: { ...inside('shadow'), url: shadow } }),
    ...((percent !== undefined || writes !== undefined || record !== undefined) && {
      requests: {
        ...inside('requests'),
        ...(percent !== undefined && { percent: numberOf('--percent', percent) }),
        ...(writes !== undefined && { writes }),
        ...(record !== undefined && { record: { megabytes: numberOf('--record', record) } }),
      },
    }),
    ...((duration ?? options['start-at'] ?? options['pre-notice']) !== undefined && {
      window: {
        ...inside('window'),
        ...(options['pre-notice'] !== undefined && {
          preNoticeMinutes: secondsOf('--pre-notice', options['pre-notice']) / 60,
        }),
        ...(duration !== undefined && { durationSeconds: secondsOf('--duration', duration) }),
        ...(options['start-at'] !== undefined && { startAt: options['start-at'] }),
      },
    }),
    ...((options['snapshot-at'] !== undefined || options.openapi !== undefined) && {
      compare: {
        ...inside('compare'),
        ...(options['snapshot-at'] !== undefined && { snapshotAt: options['snapshot-at'] }),
        ...(options.openapi !== undefined && { endpoints: endpointsIn(options.openapi) }),
      },
    }),
    ...(options.noise !== undefined && {
      verdict: { ...inside('verdict'), noise: noiseIn(options.noise) },
    }),
    ...(options.probe !== undefined && { probe: { ...inside('probe'), after: options.probe } }),
    ...dependenciesOf(options, inside('dependencies')),
    ...(budget !== undefined && { budgetUsd: numberOf('--budget', budget) }),
  }
  const missing = NEEDED.flatMap(([field, option]) => (made[field] === undefined ? [option] : []))
  if (missing.length > 0)
    throw new Failure(`${missing.join(', ')}: missing, and not in ${file ?? 'any SPEC.json'}`, EXIT.usage)
  return made as ExperimentSpecInput
}

/** The source of a spec alone. @throws Failure */
export const readSource = (
  file: string | undefined,
  options: Pick<SpecOptions, 'source' | 'tag'>,
): ExperimentSpecInput['source'] => {
  const { source } = { ...(file === undefined ? {} : readJson(file)), ...sourceOf(options) }
  if (source === undefined)
    throw new Failure(`--source or --tag: missing, and not in ${file ?? 'any SPEC.json'}`, EXIT.usage)
  return source as ExperimentSpecInput['source']
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const readJson = (file: string): Json => {
  const read = readFile(file, JSON.parse)
  if (isObject(read)) return read
  throw new Failure(`${nameOf(file)}: what it holds is no JSON object`, EXIT.usage)
}

const nameOf = (file: string): string => (file === '-' ? 'stdin' : file)

/** @throws Failure with the first line of why it cannot be read, or understood */
const readFile = <T>(file: string, understand: (text: string) => T): T => {
  try {
    return understand(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (cause) {
    const [why = ''] = (cause as Error).message.split('\n')
    throw new Failure(`${nameOf(file)}: ${why}`, EXIT.usage, { cause })
  }
}

/** Those of an OpenAPI document in JSON or YAML. */
const endpointsIn = (file: string): string[] => readFile(file, endpointsOf)

/** What was decided in an earlier experiment: `shadowmeter noise --json`, or its evidence in JSON. */
const noiseIn = (file: string): DecidedPlace[] => {
  const parsed = ExportedNoise.safeParse(readJson(file))
  if (parsed.success) return parsed.data
  throw new Failure(`${nameOf(file)}: holds no noise; \`shadowmeter noise --json\` prints it`, EXIT.usage)
}

const sourceOf = ({ source, tag }: SpecOptions): Json => {
  if (source && tag) throw new Failure('--source and --tag: give one of the two', EXIT.usage)
  if (tag) {
    const tags = tag.map((pair): [string, string] => {
      const [, key, value] = /^([^=]+)=(.*)$/.exec(pair) ?? []
      if (key === undefined || value === undefined)
        throw new Failure(`--tag takes KEY=VALUE, not '${pair}'`, EXIT.usage)
      return [key, value]
    })
    return { source: { by: 'tag', match: 'all', tags: Object.fromEntries(tags) } }
  }
  if (!source) return {}
  if (source.every((id) => id.startsWith('eni-'))) return { source: { by: 'eni', ids: source } }
  if (source.every((id) => id.startsWith('i-'))) return { source: { by: 'instance', ids: source } }
  throw new Failure('--source takes ids of network interfaces (eni-…) or of instances (i-…)', EXIT.usage)
}

/** `all` says it of every one that no other option names. */
const dependenciesOf = ({ dependency }: SpecOptions, before: Json): Json => {
  if (!dependency) return {}
  const said = dependency.map((pair): [string, string] => {
    const [, name, answer] = /^([a-z]+)=([a-z]+)$/.exec(pair) ?? []
    if (name !== undefined && answer !== undefined) return [name, answer]
    throw new Failure(`--dependency takes NAME=own, stub or none, not '${pair}'`, EXIT.usage)
  })
  const { all, ...named } = Object.fromEntries(said)
  const rest = all === undefined ? {} : Object.fromEntries(DEPENDENCIES.map((name) => [name, all]))
  return { dependencies: { ...rest, ...before, ...named } }
}

export const numberOf = (option: string, text: string): number => {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number))
    throw new Failure(`${option} takes a number, not '${text}'`, EXIT.usage)
  return number
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** 90, 90s, 10m, 2h or 1d, in seconds. */
export const secondsOf = (option: string, text: string): number => {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text) ?? []
  const seconds = Math.round(Number(digits) * (UNITS[unit || 's'] ?? Number.NaN))
  if (!(seconds > 0)) throw new Failure(`${option} takes a time like 90s, 10m, 2h, not '${text}'`, EXIT.usage)
  return seconds
}
