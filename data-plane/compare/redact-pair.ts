import type { Redactor } from '../redact/redactor.ts'
import type { RedactPair } from './comparer.ts'

/** Both answers to one request with the same pseudonyms. One that cannot be read leaves both as they are. */
export const redactPair = (
  redactor: Redactor,
  ...[request, production, shadow]: Parameters<RedactPair>
): ReturnType<RedactPair> => {
  const { answer } = shadow
  const ours = redactor.response(request, 'production', production.headers, production.body)
  const theirs = answer && redactor.response(request, 'shadow', answer.headers, answer.body)
  if (ours === null || (answer !== null && theirs === null)) return { production, shadow }
  return {
    production: { ...production, ...ours },
    shadow: answer === null ? shadow : { ...shadow, answer: { ...answer, ...theirs } },
  }
}
