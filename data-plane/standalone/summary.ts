import type { Redaction } from '../../contract/redaction.ts'
import type { Shadows } from '../forward/settings.ts'
import { shadowReports } from '../telemetry/report.ts'
import { requestCounts } from '../telemetry/request-counters.ts'
import type { ExperimentSnapshot } from '../telemetry/snapshot.ts'

/** What a gateway on its own says of itself, before and after. */

export const redactionText = ({ mode, rules, kinds, sideEffects }: Redaction): string => {
  if (mode === 'off') {
    const but = sideEffects === 'rewrite' ? ', but for the side effects of writes' : ''
    return (rules.length > 0 ? 'redacted by rules alone' : 'NOT REDACTED') + but
  }
  const kept = Object.entries(kinds).flatMap(([kind, action]) => (action === 'keep' ? [kind] : []))
  const loosened = rules.filter(({ action }) => action === 'keep').length
  const but = [
    ...kept.map((kind) => `${kind} kept`),
    ...(loosened > 0 ? [`${loosened} rule${loosened === 1 ? '' : 's'} that keep`] : []),
  ]
  return `redacted (${mode}${but.length > 0 ? `, but ${but.join(', ')}` : ''})`
}

export const shadowText = ({ distribution, list }: Shadows): string =>
  list.map(({ target }) => target.url.replace(/\/+$/, '')).join(distribution === 'copy' ? ' and ' : ' or ')

/** What became of the requests. */
export const requestSummary = ({
  redacted,
  heldBack,
  requests,
  copies,
  shadows,
}: ExperimentSnapshot): Record<string, unknown> => ({
  redacted,
  heldBack,
  requests: requestCounts(requests, copies),
  ...(Object.keys(shadows).length > 1 && { shadows: shadowReports(shadows, () => null) }),
})
