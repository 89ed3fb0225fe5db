import type { Action } from './actions.ts'
import { filterRules } from './filter-rules.ts'
import { leaseSchedule, leaseSchedules } from './names.ts'
import type { View } from './observed.ts'
import type { RuleRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { armable, leaseTime } from './times.ts'

/**
 * The steps towards a filter with all of its rules, each made as one that rejects and written down. They are made before
 * the first session and go with the filter; one that somebody else deleted is made again, as its slot’s next generation.
 */
export const makeSteps = ({ record, seen }: View, now: Date): Action[] => {
  const { filter, rules, ruleGenerations } = record.life
  if (filter === null) return []
  const gone = rules.find(({ rule }) => seen.gone.has(rule))
  if (gone)
    return [
      {
        kind: 'write-record',
        life: {
          rules: rules.filter((one) => one !== gone),
          ruleGenerations: oneMore(ruleGenerations, gone.slot),
        },
      },
    ]
  const slots = filterRules(record.experiment.spec).map((wanted, slot) => ({
    wanted,
    slot,
    recorded: rules.find((one) => one.slot === slot),
    found: seen.rules.find(
      (one) => one.filter === filter && one.direction === wanted.direction && one.number === wanted.number,
    ),
  }))
  const missing = slots.flatMap(({ wanted, slot, recorded, found }): Action[] =>
    recorded || found
      ? []
      : [
          {
            kind: 'create-rule',
            filter,
            slot,
            generation: ruleGenerations[slot] ?? 0,
            rule: wanted,
          },
        ],
  )
  if (missing.length > 0) return missing
  const made = slots.flatMap(({ slot, recorded, found }): RuleRecord[] => {
    if (recorded || !found) return recorded ? [recorded] : []
    return [{ slot, rule: found.rule, leases: 0, leaseUntil: null, createdAt: now.toISOString() }]
  })
  return made.length > rules.length ? [{ kind: 'write-record', life: { rules: made } }] : []
}

const oneMore = (generations: readonly number[], slot: number): number[] =>
  Array.from({ length: Math.max(slot + 1, generations.length) }, (_, at) =>
    at === slot ? (generations[at] ?? 0) + 1 : (generations[at] ?? 0),
  )

/**
 * The steps that keep packets flowing for one more lease: a rule gets the schedule that makes it reject, and only then
 * accepts. A lease that ran out is never revived: its rule is made to reject for sure, and gets another one.
 */
export const leaseSteps = (view: View, now: Date, settings: Settings): Action[] => {
  const { record, seen } = view
  const { id, endAt } = record.experiment
  const { rules } = record.life
  const until = leaseTime(endAt, now, settings)
  const canArm = armable(until, now)
  const live = rules.filter(({ rule }) => !seen.gone.has(rule))
  const standing = live.map((one) => ({ one, is: leaseOf(view, one, now) }))

  const rejecting = standing.flatMap(({ one: { rule }, is }): Action[] =>
    is !== 'running' && isOpen(view, rule, is === 'over') ? [{ kind: 'reject-rule', rule }] : [],
  )
  const arming = standing.flatMap(({ one, is }): Action[] => {
    const schedule = leaseSchedule(id, one)
    const { rule } = one
    return is === 'none' && canArm && !isOpen(view, rule, false) && !seen.schedules.has(schedule)
      ? [{ kind: 'arm', schedule, at: until, what: { deed: 'reject-rule', rule } }]
      : []
  })
  const renewing = standing.flatMap(({ one, is }): Action[] => {
    if (is !== 'running' || !canArm) return []
    const { rule, leaseUntil } = one
    const armed = armedFor(view, one)
    const due =
      Date.parse(leaseUntil ?? '') - now.getTime() < settings.leaseMs - settings.tickMs / 2 &&
      until > (leaseUntil ?? '') &&
      (armed ?? leaseUntil) === leaseUntil
    return due || (armed === null && !isOpen(view, rule, false))
      ? [{ kind: 'renew', schedule: leaseSchedule(id, one), at: until, rule }]
      : []
  })
  const settled = rules.map((one) => (seen.gone.has(one.rule) ? one : settle(view, one, now)))
  const accepting = standing.flatMap(({ one, is }): Action[] => {
    const armed = armedFor(view, one)
    return is === 'running' && armed === one.leaseUntil && !isOpen(view, one.rule, false)
      ? [{ kind: 'accept-rule', rule: one.rule }]
      : []
  })
  return [...rejecting, ...arming, ...renewing, ...rewritten(view, settled), ...accepting]
}

/** The steps that stop packets until further notice: every rule is made to reject, and its lease given up. */
export const closeSteps = (view: View): Action[] => {
  const { record, seen } = view
  const { rules } = record.life
  const leased = rules.flatMap(({ rule, leaseUntil }) => (leaseUntil === null ? [] : [rule]))
  const open = [...new Set([...leased, ...seen.rules.map(({ rule }) => rule)])].filter(
    (rule) => !seen.gone.has(rule) && isOpen(view, rule, leased.includes(rule)),
  )
  if (open.length > 0) return open.map((rule) => ({ kind: 'reject-rule', rule }))
  return rewritten(
    view,
    rules.map((one) => (one.leaseUntil === null ? one : givenUp(one))),
  )
}

/** Leases that another one of the same rule has replaced. All others fire on a rule that rejects already: let them. */
export const disarmLeases = ({ record, seen }: View): Action[] => {
  const { id } = record.experiment
  return record.life.rules.flatMap((one): Action[] =>
    one.leaseUntil === null
      ? []
      : [...seen.schedules.keys()]
          .filter(
            (schedule) =>
              schedule.startsWith(leaseSchedules(id, one.rule)) && schedule !== leaseSchedule(id, one),
          )
          .map((schedule) => ({ kind: 'disarm', schedule })),
  )
}

/** Whether a rule has no lease, one that runs, or one that is over and may have left it open. */
const leaseOf = ({ record, seen }: View, rule: RuleRecord, now: Date): 'none' | 'running' | 'over' => {
  if (rule.leaseUntil === null) return 'none'
  const lapsed = seen.lapsed.has(leaseSchedule(record.experiment.id, rule))
  return lapsed || Date.parse(rule.leaseUntil) <= now.getTime() ? 'over' : 'running'
}

/** Whether a rule accepts, by our own last call, else by what Describe shows; `doubted`: unless our own call closed it. */
const isOpen = ({ seen }: View, rule: string, doubted: boolean): boolean => {
  const turned = seen.turned.get(rule)
  if (turned !== undefined) return turned === 'accept'
  return doubted || seen.rules.some((one) => one.rule === rule && one.accepts)
}

/** A rule’s record after what was learned of its lease. */
const settle = (view: View, rule: RuleRecord, now: Date): RuleRecord => {
  const { record, seen } = view
  const armed = armedFor(view, rule)
  switch (leaseOf(view, rule, now)) {
    case 'over':
      return isOpen(view, rule.rule, true) ? rule : givenUp(rule)
    case 'running':
      return { ...rule, leaseUntil: armed ?? rule.leaseUntil }
    case 'none':
      if (armed !== null) return { ...rule, leaseUntil: armed }
      // Armed by somebody who could not write it down: nobody knows until when.
      return seen.schedules.has(leaseSchedule(record.experiment.id, rule)) ? givenUp(rule) : rule
  }
}

const givenUp = (rule: RuleRecord): RuleRecord => ({ ...rule, leases: rule.leases + 1, leaseUntil: null })

const rewritten = ({ record }: View, rules: RuleRecord[]): Action[] =>
  JSON.stringify(rules) === JSON.stringify(record.life.rules)
    ? []
    : [{ kind: 'write-record', life: { rules } }]

/** When the rule’s lease is known to fire, from an answer in this run; null while that is not known for sure. */
const armedFor = ({ record, seen }: View, rule: RuleRecord): string | null =>
  seen.schedules.get(leaseSchedule(record.experiment.id, rule)) ?? null
