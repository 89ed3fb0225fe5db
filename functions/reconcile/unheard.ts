import type { View } from '../experiments/observed.ts'
import type { Life } from '../experiments/record.ts'
import { silentEnis } from '../experiments/silence.ts'
import { ASKED_MAX, busyInstances } from '../watch/activity.ts'
import type { ControlPlane } from './control-plane.ts'
import { errorText } from './failure.ts'

/** As often as basic monitoring speaks. */
const ASK_MS = 300_000

/** Which silent sources CloudWatch says have traffic. Without an answer what was known stays. */
export const unheardNow = async (
  { clients, settings, now, log }: ControlPlane,
  view: View,
): Promise<Pick<Life, 'unheard' | 'unheardAt' | 'metricsRead'>> => {
  const { record, seen } = view
  const { unheard, unheardAt, metricsRead } = record.life
  const at = new Date(now())
  const silent = new Set(silentEnis(view, at, settings))
  const stillSilent = unheard.filter((eni) => silent.has(eni))
  if (silent.size === 0 || (unheardAt !== null && at.getTime() - Date.parse(unheardAt) < ASK_MS))
    return { unheard: stillSilent, unheardAt, metricsRead }
  const sources = (seen.sources ?? []).filter(({ eni, instance }) => silent.has(eni) && instance !== null)
  const instances = [...new Set(sources.map(({ instance }) => instance ?? ''))].slice(0, ASKED_MAX)
  try {
    const busy = await busyInstances(clients.cloudwatch, instances, at)
    return {
      unheard: sources.flatMap(({ eni, instance }) => (busy.has(instance ?? '') ? [eni] : [])),
      unheardAt: at.toISOString(),
      metricsRead: metricsRead + instances.length,
    }
  } catch (error) {
    log('warn', 'the traffic of silent sources could not be read', { error: errorText(error) })
    return { unheard: stillSilent, unheardAt, metricsRead }
  }
}
