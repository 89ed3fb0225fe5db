import type { Redactor } from '../redact/redactor.ts'
import type { RedactSides } from './comparer.ts'
import type { ShadowSide } from './tally.ts'

/** All answers to one request with the same pseudonyms. One that cannot be read leaves all as they are. */
export const redactPair = (
  redactor: Redactor,
  ...[request, sides]: Parameters<RedactSides>
): ReturnType<RedactSides> => {
  const { production, shadow, control } = sides
  const ours = redactor.response(request, 'production', production.headers, production.body)
  if (ours === null) return sides
  const redacted = (side: ShadowSide): ShadowSide | null => {
    if (side.answer === null) return side
    const theirs = redactor.response(request, 'shadow', side.answer.headers, side.answer.body)
    return theirs && { ...side, answer: { ...side.answer, ...theirs } }
  }
  const theirs = redacted(shadow)
  const todays = control && redacted(control)
  if (theirs === null || (control !== null && todays === null)) return sides
  return { production: { ...production, ...ours }, shadow: theirs, control: todays, masked: redactor.masks }
}
