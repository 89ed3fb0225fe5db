import { ConfigError } from '../config.ts'
import type { Environment, Shadows } from '../forward/settings.ts'
import type { RecordOptions } from '../record/recording.ts'
import { type Pace, parsePace } from '../replay/pace.ts'
import type { Rules } from '../select/rules.ts'
import { number, parsed, recordChoice, recordOptions, rules, shadows } from './option-values.ts'
import type { RecordChoice } from './record-choice.ts'

export const REPLAY_USAGE =
  'gateway --replay FILE --shadow URL [--pace original|2x|0.5x|100/s] [--from TIME] [--to TIME] [--loop N|forever] ' +
  '[--port N]... [--percent N] [--writes forward|hold] [--select FILE.json] [--forward FILE.json] ' +
  '[--redact FILE.json|off] [--record-key FILE] [--record FILE [--record-mb N] [--record-seconds N]]'

export type ReplayOptions = RecordChoice & {
  shadows: Shadows
  rules: Rules
  /** Null records nothing. */
  record: RecordOptions | null
  pace: Pace
  /** Passes; may be infinite. */
  times: number
}

/** Options of a replay. Throws ConfigError. */
export const replayOptions = (args: readonly string[], environment: Environment): ReplayOptions => {
  const values = parsed(args)
  const { replay: file, shadow } = values
  for (const option of NOT_REPLAYED)
    if (values[option] !== undefined)
      throw new ConfigError(`--${option}: not together with --replay; usage: ${REPLAY_USAGE}`)
  if (file === undefined || shadow === undefined)
    throw new ConfigError(`--shadow is missing; usage: ${REPLAY_USAGE}`)
  return {
    ...recordChoice(file, values, environment),
    shadows: shadows(shadow, values.forward, environment),
    rules: rules(values),
    record: recordOptions(values, environment),
    pace: pace(values.pace),
    times: values.loop === undefined ? 1 : times(values.loop),
  }
}

const NOT_REPLAYED = [
  ...(['listen', 'listen-geneve', 'vni', 'health', 'workers'] as const),
  ...(['explain', 'redact-report', 'convert', 'as'] as const),
] as const

const pace = (text = 'original'): Pace => {
  const found = parsePace(text)
  if (found === null)
    throw new ConfigError(`--pace ${text}: is 'original', a factor like 2x or 0.5x, or a rate like 100/s`)
  return found
}

const times = (text: string): number =>
  text === 'forever' ? Number.POSITIVE_INFINITY : number('--loop', text, 1, 1_000_000, true)
