import type { FilterRule } from '../../contract/filter-rule.ts'
import type { Action } from './actions.ts'
import { filterRules } from './filter-rules.ts'
import { leaseSchedule } from './names.ts'
import { type ObservedRule, staleToken, type View } from './observed.ts'
import type { RuleRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { armable, leaseTime } from './times.ts'

/**
 * The steps that keep packets flowing for one more lease: each rule is made as one that rejects, gets the schedule that
 * deletes it, and only then accepts. A rule whose lease ran out is never revived: it is deleted, and another one made.
 */
export const ruleSteps = (view: View, now: Date, settings: Settings): Action[] => {
  const { record } = view
  const { filter } = record.life
  const { id, endAt, spec } = record.experiment
  const until = leaseTime(endAt, now, settings)
  if (filter === null) return []
  const slots = filterRules(spec).map((rule, slot) => ({
    rule,
    slot,
    state: slotState(view, rule, slot, now, settings),
  }))

  const buried = slots.flatMap(({ state }) => (state.is === 'dead' ? burial(view, state.recorded) : []))
  if (buried.length > 0) return buried
  const stale = slots.find(
    ({ slot, state }) =>
      state.is === 'missing' &&
      view.seen.refused.has(staleToken({ slot, generation: generationOf(view, slot) })),
  )
  if (stale) return [{ kind: 'write-record', life: nextGeneration(view, stale.slot) }]
  if (!armable(until, now)) return []

  const missing = slots.flatMap(({ rule, slot, state }): Action[] =>
    state.is === 'missing'
      ? [
          {
            kind: 'create-rule',
            filter,
            slot,
            generation: generationOf(view, slot),
            rule,
            expiresAt: endAt,
          },
        ]
      : state.is === 'unleased' && state.observed.accepts
        ? [{ kind: 'delete-rule', rule: state.observed.rule }]
        : [],
  )
  if (missing.length > 0) return missing

  const arming = slots.flatMap(({ state }): Action[] => {
    if (state.is !== 'unleased') return []
    const { rule } = state.observed
    const schedule = leaseSchedule(id, rule)
    return armedFor(view, rule) === null
      ? [{ kind: 'arm', schedule, at: until, what: { deed: 'delete-rule', rule } }]
      : []
  })
  if (arming.length > 0) return arming

  const renewals = slots.flatMap(({ state }): Action[] => {
    if (state.is !== 'leased') return []
    const { rule, leaseUntil } = state.recorded
    const due = Date.parse(leaseUntil) - now.getTime() < settings.leaseMs - settings.tickMs / 2
    const known = armedFor(view, rule) ?? leaseUntil
    return due && until > leaseUntil && known === leaseUntil
      ? [{ kind: 'renew', schedule: leaseSchedule(id, rule), at: until, rule }]
      : []
  })
  if (renewals.length > 0) return renewals

  const rules = slots.flatMap(({ slot, state }): RuleRecord[] => {
    if (state.is === 'leased')
      return [
        { ...state.recorded, leaseUntil: armedFor(view, state.recorded.rule) ?? state.recorded.leaseUntil },
      ]
    if (state.is !== 'unleased') return []
    const leaseUntil = armedFor(view, state.observed.rule)
    return leaseUntil === null
      ? []
      : [
          {
            slot,
            generation: generationOf(view, slot),
            rule: state.observed.rule,
            leaseUntil,
            createdAt: now.toISOString(),
          },
        ]
  })
  if (JSON.stringify(rules) !== JSON.stringify(record.life.rules))
    return [{ kind: 'write-record', life: { rules } }]

  return slots.flatMap(({ rule, state }): Action[] =>
    state.is === 'leased' && state.observed?.accepts !== true
      ? [{ kind: 'accept-rule', rule: state.recorded.rule, as: rule }]
      : [],
  )
}

/** The steps that stop packets for a while: every rule is deleted and forgotten. */
export const closeSteps = ({ record, seen }: View): Action[] => {
  const { filter, rules } = record.life
  const made = seen.rules.filter((one) => one.filter === filter)
  const open = new Set([...rules, ...made].map(({ rule }) => rule).filter((rule) => !seen.gone.has(rule)))
  if (open.size > 0) return [...open].map((rule) => ({ kind: 'delete-rule', rule }))
  return rules.length > 0 ? [{ kind: 'write-record', life: { rules: [] } }] : []
}

type SlotState =
  | { is: 'missing' }
  | { is: 'unleased'; observed: ObservedRule }
  | { is: 'leased'; recorded: RuleRecord; observed: ObservedRule | undefined }
  | { is: 'dead'; recorded: RuleRecord }

const slotState = (
  { record, seen }: View,
  { direction, number }: FilterRule,
  slot: number,
  now: Date,
  { describeLagMs }: Settings,
): SlotState => {
  const recorded = record.life.rules.find((one) => one.slot === slot)
  if (!recorded) {
    const observed = seen.rules.find(
      (one) => one.filter === record.life.filter && one.direction === direction && one.number === number,
    )
    return observed ? { is: 'unleased', observed } : { is: 'missing' }
  }
  const { rule, leaseUntil, createdAt } = recorded
  const observed = seen.rules.find((one) => one.rule === rule)
  const young = now.getTime() - Date.parse(createdAt) < describeLagMs
  const dead =
    Date.parse(leaseUntil) <= now.getTime() ||
    seen.lapsed.has(rule) ||
    seen.gone.has(rule) ||
    (!observed && !young)
  return dead ? { is: 'dead', recorded } : { is: 'leased', recorded, observed }
}

/** Deletes a dead rule for sure, and forgets it once it is: its slot’s next rule is another generation. */
const burial = (view: View, { rule, slot }: RuleRecord): Action[] => {
  if (!view.seen.gone.has(rule)) return [{ kind: 'delete-rule', rule }]
  const rules = view.record.life.rules.filter((one) => one.slot !== slot)
  return [{ kind: 'write-record', life: { rules, ...nextGeneration(view, slot) } }]
}

const generationOf = ({ record }: View, slot: number): number => record.life.ruleGenerations[slot] ?? 0

const nextGeneration = (view: View, slot: number): { ruleGenerations: number[] } => {
  const generations = Array.from(
    { length: Math.max(slot + 1, view.record.life.ruleGenerations.length) },
    (_, at) => generationOf(view, at),
  )
  generations[slot] = generationOf(view, slot) + 1
  return { ruleGenerations: generations }
}

/** When the rule’s schedule is known to fire; null while that is not known for sure. */
const armedFor = ({ record, seen }: View, rule: string): string | null =>
  seen.schedules.get(leaseSchedule(record.experiment.id, rule)) ?? null

/** Lease schedules of rules that are gone. */
export const disarmLeases = ({ record, seen }: View): Action[] => {
  const { id } = record.experiment
  const live = new Set([
    ...record.life.rules.map(({ rule }) => leaseSchedule(id, rule)),
    ...seen.rules.map(({ rule }) => leaseSchedule(id, rule)),
  ])
  return [...seen.schedules.keys()]
    .filter((schedule) => schedule.startsWith(leaseSchedule(id, '')) && !live.has(schedule))
    .map((schedule) => ({ kind: 'disarm', schedule }))
}
