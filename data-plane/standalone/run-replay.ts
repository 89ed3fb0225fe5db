import type { RequestReason, ShadowResult } from '../../contract/traffic.ts'
import { isRedacted, recordText, startRecording } from '../record/recording.ts'
import { paceText } from '../replay/pace.ts'
import { type Replayed, replay } from '../replay/replay.ts'
import { ownExperiment } from './own-experiment.ts'
import { chosenOf, readRecordFile, redactionOf } from './record-choice.ts'
import type { ReplayOptions } from './replay-options.ts'
import { redactionText, requestSummary, shadowText } from './summary.ts'

/** What the marker header of replayed requests names. */
const NAME = 'replay'

/**
 * Sends what a file of recorded traffic holds to a shadow: one line on standard output when it begins, one with its counts at
 * the end. Resolves with whether all of it was sent, and answered without an error that production did not give.
 */
export const runReplay = async (options: ReplayOptions, stopRequested: Promise<string>): Promise<boolean> => {
  const content = await readRecordFile('--replay', options)
  const exchanges = chosenOf(content, options)
  const { redaction, isAsRecorded } = redactionOf(content, options)
  const recording =
    options.record &&
    (await startRecording(options.record, NAME, isAsRecorded || isRedacted(redaction), Date.now()))
  const { length } = exchanges
  process.stdout.write(
    `replaying ${length} request${length === 1 ? '' : 's'} of ${options.file} (${content.format}) at ${paceText(options.pace)}, ` +
      `${options.times === Number.POSITIVE_INFINITY ? 'over and over' : `${options.times} time${options.times === 1 ? '' : 's'}`}, ` +
      `to ${shadowText(options.shadows)}, ${isAsRecorded ? 'redacted when they were recorded' : redactionText(redaction)}` +
      `${options.record ? `, ${recordText(options.record)}` : ''}\n`,
  )

  const stop = new AbortController()
  void stopRequested.then(() => stop.abort())
  const replayed = await replay({
    config: ownExperiment({
      id: NAME,
      ports: null,
      shadows: options.shadows,
      rules: options.rules,
      redaction,
      recording,
      sources: [],
    }),
    exchanges,
    pace: options.pace,
    times: options.times,
    stop: stop.signal,
    ...(recording && { onRecorded: recording.onRecorded }),
  })
  const recorded = await recording?.stop()
  const errors = errorsOf(replayed)
  const { skipped, cut } = content
  process.stdout.write(
    `${JSON.stringify({
      file: { format: content.format, skipped, cut },
      passes: replayed.passes,
      seconds: rounded(replayed.seconds),
      behindMs: rounded(replayed.behindMs),
      ...requestSummary(replayed.snapshot),
      ...(recorded && { record: { ...recorded, ...replayed.snapshot.recorded } }),
      errors,
    })}\n`,
  )
  const isEnded = options.times === Number.POSITIVE_INFINITY || replayed.passes === options.times
  return isEnded && Object.keys(errors).length === 0 && recorded?.error === undefined
}

/** What the rules let through and the shadow did not answer as it should, by what happened; without zeroes. */
const errorsOf = ({ snapshot: { requests }, serverErrors }: Replayed): Record<string, number> => {
  const errors: Record<string, number> = serverErrors > 0 ? { answered_5xx: serverErrors } : {}
  for (const [reason, count] of Object.entries(requests.refused))
    if (count > 0 && isError(reason as RequestReason)) errors[reason] = count
  for (const [result, count] of Object.entries(requests.shadow))
    if (count > 0 && (result as ShadowResult).startsWith('failed')) errors[result] = count
  return errors
}

const isError = (reason: RequestReason): boolean =>
  reason.startsWith('dropped.') || reason.startsWith('incomplete.') || UNSENDABLE.has(reason)

const UNSENDABLE: ReadonlySet<RequestReason> = new Set([
  'held_back.not_forwardable',
  'held_back.no_credentials',
  'held_back.unredactable',
])

const rounded = (value: number): number => Math.round(value * 1000) / 1000
