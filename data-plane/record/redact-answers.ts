import type { Request } from '../http/exchange.ts'
import type { Redactor } from '../redact/redactor.ts'
import type { Recorded, RecordedAnswer } from './recorded.ts'

const NOTHING = Buffer.alloc(0)
const NO_FIELDS = { headers: [] }

/**
 * An exchange whose answers are redacted as its request was. Of an answer that cannot be read its status, times and length
 * are kept: they say nothing about anybody.
 */
export const redactAnswers = (redactor: Redactor, { request, production, shadow }: Recorded): Recorded => ({
  request,
  // First: the shadow’s pseudonyms are those that it was sent.
  production: production && redacted(redactor, request, 'production', production),
  shadow: shadow && {
    ...shadow,
    answer: shadow.answer && redacted(redactor, request, 'shadow', shadow.answer),
  },
})

const redacted = (
  redactor: Redactor,
  request: Request,
  from: 'production' | 'shadow',
  answer: RecordedAnswer,
): RecordedAnswer => {
  const isWhole = answer.body.length === answer.bodyLength
  const changed = redactor.response(request, from, answer.headers, answer.body)
  if (changed === null) return { ...answer, headers: [], trailers: [], body: NOTHING }
  const { headers, body } = changed
  const { headers: trailers } =
    answer.trailers.length === 0
      ? NO_FIELDS
      : (redactor.response(request, from, answer.trailers, NOTHING) ?? NO_FIELDS)
  return { ...answer, headers, trailers, body, bodyLength: isWhole ? body.length : answer.bodyLength }
}
