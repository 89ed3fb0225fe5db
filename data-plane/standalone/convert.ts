import { randomBytes } from 'node:crypto'
import { REDACTION_KEY_BYTES } from '../../contract/redaction.ts'
import type { RecordFormat } from '../record/record-content.ts'
import { isRedacted } from '../record/recording.ts'
import { redactAnswers } from '../record/redact-answers.ts'
import { writeRecord } from '../record/write-record.ts'
import { addSkipped } from '../record/written.ts'
import { Redactor } from '../redact/redactor.ts'
import { chosenOf, type RecordChoice, readRecordFile, redactionOf } from './record-choice.ts'

export type ConvertOptions = RecordChoice & { format: RecordFormat }

/** Writes a file of recorded traffic in another format to standard output; what is left out is said on standard error. */
export const runConvert = async (options: ConvertOptions): Promise<boolean> => {
  const content = await readRecordFile('--convert', options)
  const chosen = chosenOf(content, options)
  const { redaction, isAsRecorded } = redactionOf(content, options)
  const key = randomBytes(REDACTION_KEY_BYTES).toString('base64')
  const redactor = new Redactor({ settings: redaction, key })
  const unredactable: Record<string, number> = {}
  const exchanges = isAsRecorded
    ? chosen
    : chosen.flatMap((exchange) => {
        if (redactor.request(exchange.request)) return [redactAnswers(redactor, exchange)]
        addSkipped(unredactable, 'cannot be redacted')
        return []
      })
  const startedAt = new Date(chosen[0]?.request.firstAt ?? 0).toISOString()
  const redacted = isAsRecorded || isRedacted(redaction)
  const about = { experiment: 'convert', startedAt, redacted }
  const { bytes, skipped } = writeRecord(options.format, exchanges, about)
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
  for (const [why, count] of Object.entries({ ...content.skipped, ...unredactable, ...skipped }))
    process.stderr.write(`gateway: left out: ${why} (${count})\n`)
  if (content.cut !== null) process.stderr.write(`gateway: ${options.file}: ${content.cut}\n`)
  return true
}
