import type { Redaction } from '../../../contract/redaction.ts'
import type { Redacted } from '../../../contract/traffic.ts'

/** What happens to credentials and personal data, and how many values it has happened to. */
export const redactionWords = (
  { mode, unlisted, sideEffects, kinds, rules }: Redaction,
  redacted: Redacted,
): string[] => {
  const kept = Object.entries(kinds).flatMap(([kind, action]) => (action === 'keep' ? [kind] : []))
  const values = Object.entries(redacted)
  return [
    MODE[mode],
    ...(mode === 'off' && sideEffects === 'rewrite'
      ? [
          'But what writes would reach somebody by (addresses, numbers, webhooks, payments) becomes pseudonyms.',
        ]
      : []),
    ...(unlisted === 'replace' && mode !== 'off' ? ['Every value that no rule keeps is replaced.'] : []),
    ...(kept.length > 0 ? [`Left as they are: ${kept.join(', ')}.`] : []),
    ...(rules.length > 0 ? [`${rules.length} rule${rules.length === 1 ? '' : 's'} of its own.`] : []),
    ...(values.length > 0
      ? [`Replaced so far: ${values.map(([what, count]) => `${count} × ${what}`).join(', ')}.`]
      : []),
  ]
}

const MODE: Readonly<Record<Redaction['mode'], string>> = {
  pseudonymise: 'Credentials and personal data become pseudonyms.',
  mask: 'Credentials and personal data are masked.',
  remove: 'Credentials and personal data are removed.',
  off: 'NOT REDACTED: the shadow gets production’s data as it is.',
}
