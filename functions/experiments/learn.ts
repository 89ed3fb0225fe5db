import type { GatewayExperiment } from '../../contract/gateway-config.ts'
import type { Action } from './actions.ts'
import { configurationsBefore, GATEWAYS_TO_ZERO } from './names.ts'
import { type Observed, refusalOf, type View } from './observed.ts'
import type { ExperimentRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { deletionTime } from './times.ts'

/** What came back from an action that was done. */
export type Answer = {
  /** Of what was created. */
  id?: string
  /** What it was about is not there any more: AWS said NotFound. */
  absent?: boolean
  /** AWS said no for good. */
  refused?: boolean
  /** Network interfaces that a pre-notice named. */
  enis?: number
  /** After a write of the record, or of the gateways’ configuration. */
  record?: ExperimentRecord
  config?: { revision: number; entry: GatewayExperiment | null }
}

const withEntry = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> =>
  new Map(map).set(key, value)
const without = <K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> => {
  const rest = new Map(map)
  rest.delete(key)
  return rest
}

/**
 * The view after an action, without looking at the world again: EC2’s Describe may not show for minutes what its own
 * answers have already told.
 */
export const learn = (view: View, action: Action, answer: Answer, now: Date, settings: Settings): View => {
  const { seen } = view
  const know = (more: Partial<Observed>): View => ({ ...view, seen: { ...seen, ...more } })
  const goneAt = (id: string, at = now.toISOString()) => withEntry(seen.gone, id, at)
  switch (action.kind) {
    case 'forget-configurations':
      return know({ gone: goneAt(configurationsBefore(action.before)) })
    case 'arm':
      return know({
        schedules: withEntry(seen.schedules, action.schedule, action.at),
        ...(action.schedule === GATEWAYS_TO_ZERO && { zeroAt: action.at }),
      })
    case 'renew':
      return answer.absent
        ? know({
            schedules: without(seen.schedules, action.schedule),
            lapsed: new Set(seen.lapsed).add(action.schedule),
          })
        : know({ schedules: withEntry(seen.schedules, action.schedule, action.at) })
    case 'disarm':
      return know({
        schedules: without(seen.schedules, action.schedule),
        ...(action.schedule === GATEWAYS_TO_ZERO && { zeroAt: null }),
      })
    case 'create-filter':
      return know({ filters: [...seen.filters, answer.id ?? ''] })
    case 'delete-filter':
      return know({
        gone: goneAt(action.filter),
        rules: seen.rules.filter(({ filter }) => filter !== action.filter),
      })
    case 'create-rule': {
      const { direction, number } = action.rule
      const made = { rule: answer.id ?? '', filter: action.filter, direction, number, accepts: false }
      return know({ rules: [...seen.rules, made] })
    }
    case 'accept-rule':
    case 'reject-rule':
      return answer.absent
        ? know({ gone: goneAt(action.rule), rules: seen.rules.filter(({ rule }) => rule !== action.rule) })
        : know({
            turned: withEntry(seen.turned, action.rule, action.kind === 'accept-rule' ? 'accept' : 'reject'),
          })
    case 'create-session': {
      if (answer.refused) return know({ refused: new Set(seen.refused).add(refusalOf(action.session)) })
      const { eni, vni, expiresAt } = action.session
      return know({ sessions: [...seen.sessions, { session: answer.id ?? '', eni, vni, expiresAt }] })
    }
    case 'move-session':
      return know({ moved: new Set(seen.moved).add(action.session) })
    case 'delete-session': {
      const row = view.sessions.find(({ session }) => session === action.session)
      const at = answer.absent ? deletionTime(row?.killAt ?? null, now, settings) : now.toISOString()
      return know({
        gone: goneAt(action.session, at),
        sessions: seen.sessions.filter(({ session }) => session !== action.session),
      })
    }
    case 'tag': {
      const tagged = new Set(action.resources)
      const { expiresAt } = action
      return know({
        sessions: seen.sessions.map((one) => (tagged.has(one.session) ? { ...one, expiresAt } : one)),
      })
    }
    case 'scale':
      return know({ gateways: { ...seen.gateways, desired: action.desired } })
    case 'publish':
      return answer.config ? know({ config: answer.config }) : view
    case 'write-session': {
      const { eni, generation } = action.session
      const others = view.sessions.filter((one) => one.eni !== eni || one.generation !== generation)
      return { ...view, sessions: [...others, action.session] }
    }
    case 'write-record':
      return answer.record ? { ...view, record: answer.record } : view
    case 'announce':
      return know({ announced: { at: now.toISOString(), enis: answer.enis ?? 0 } })
    case 'audit':
      return know({ audited: new Set(seen.audited).add(action.entry.id) })
    case 'forget-active':
      return know({ forgotten: true })
  }
}
