import type { GatewayExperiment } from '../../contract/gateway-config.ts'
import type { SourceEni } from '../../contract/source.ts'
import type { Action, ScheduledDeed } from '../../functions/experiments/actions.ts'
import { NEW_FLEET } from '../../functions/experiments/fleet.ts'
import type { Answer } from '../../functions/experiments/learn.ts'
import { GATEWAYS_TO_ZERO, schedulePrefix } from '../../functions/experiments/names.ts'
import type { Observed, ObservedRule, ObservedSession } from '../../functions/experiments/observed.ts'
import type { ExperimentRecord, SessionRecord } from '../../functions/experiments/record.ts'
import { changed } from '../../functions/reconcile/apply.ts'

/** `was`: what it did before its action changed last. */
type Rule = ObservedRule & { since: number; was: boolean; turnedAt: number }
type Session = ObservedSession & { since: number; filter: string }
type Schedule = { at: number; what: ScheduledDeed }

/** What an action met that AWS would answer with NotFound or another refusal. */
export class Refused extends Error {}

export const SECOND = 1000
/** What Scheduler makes of one delivery: at least once, up to a minute late, and sometimes never. */
export type Delivery = 'once' | 'twice' | 'late' | 'lost'
const LATE_MS = 59 * SECOND

/** The filter that never has a rule. */
export const PARKING = 'tmf-parking'

/**
 * An AWS account as far as one experiment can see it, in a few maps, with a clock that is moved by hand: for properties
 * over thousands of lives. Describe lags behind by as much as is asked for, changes and deletes included.
 */
export class ModelAccount {
  now: number
  record: ExperimentRecord
  active = true
  desired = 0
  healthy = true
  affordable = true
  config: { revision: number; entry: GatewayExperiment | null } = { revision: 0, entry: null }
  readonly rows = new Map<string, SessionRecord>()
  readonly filters = new Map<string, number>()
  readonly rules = new Map<string, Rule>()
  readonly sessions = new Map<string, Session>()
  readonly schedules = new Map<string, Schedule>()
  readonly enis: Set<string>
  /** ENIs whose instance is stopped. */
  readonly stopped = new Set<string>()
  /** The latest end that anybody ever asked for: schedules may wait for it, even when it is not in force (any more). */
  latestEnd: number
  /** Revision that the gateways run; null while none runs. */
  running: number | null = null
  /** How far the control plane’s clock is from AWS’s, and has ever been. */
  #skewMs = 0
  skewMaxMs = 0
  /** What becomes of the next deliveries of schedules; `once` when there is none. */
  deliveries: Delivery[] = []
  /** Rules, until they are closed, and sessions whose own schedule was not delivered in time. */
  readonly undelivered = new Set<string>()
  #later: { at: number; what: ScheduledDeed }[] = []
  readonly #lagMs: number
  readonly #tokens = new Map<string, string>()
  /** What was deleted in the last minutes: a lagging Describe still shows it. */
  #ghosts: { until: number; rule?: Rule; session?: Session; filter?: string }[] = []
  #ids = 0
  readonly #gone = new Set<string>()

  constructor(record: ExperimentRecord, enis: readonly string[], now: number, lagMs: number) {
    this.record = record
    this.enis = new Set(enis)
    this.now = now
    this.#lagMs = lagMs
    this.latestEnd = Date.parse(record.experiment.endAt)
  }

  get id(): string {
    return this.record.experiment.id
  }

  /** The control plane’s own time. */
  get clock(): number {
    return this.now + this.#skewMs
  }

  set skewMs(milliseconds: number) {
    this.#skewMs = milliseconds
    this.skewMaxMs = Math.max(this.skewMaxMs, Math.abs(milliseconds))
  }

  #id(kind: string): string {
    return `${kind}-${String(++this.#ids).padStart(17, '0')}`
  }

  /** Time goes on; schedules fire on their second, gateways follow what is published. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds
    for (;;) {
      const due = [...this.schedules].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0]
      if (!due) break
      const [name, { at, what }] = due
      this.#deliverLater(at)
      this.now = Math.max(this.now, at)
      this.schedules.delete(name)
      this.#deliver(what)
    }
    this.#deliverLater(end)
    this.now = end
    this.running = this.desired > 0 ? this.config.revision : null
  }

  #deliver(what: ScheduledDeed): void {
    const delivery = this.deliveries.shift() ?? 'once'
    if (delivery === 'twice' || delivery === 'late') this.#later.push({ at: this.now + LATE_MS, what })
    if (delivery === 'once' || delivery === 'twice') this.#fire(what)
    else if (what.deed === 'reject-rule') this.undelivered.add(what.rule)
    else if (what.deed === 'delete-session') this.undelivered.add(what.session)
  }

  #deliverLater(until: number): void {
    const due = this.#later.filter(({ at }) => at <= until)
    this.#later = this.#later.filter(({ at }) => at > until)
    for (const { at, what } of due) {
      this.now = Math.max(this.now, at)
      this.#fire(what)
    }
  }

  #fire(what: ScheduledDeed): void {
    if (what.deed === 'delete-session') this.#deleteSession(what.session)
    if (what.deed === 'reject-rule') this.#turn(what.rule, false)
    if (what.deed === 'gateways-to-zero') this.desired = 0
  }

  #deleteSession(id: string): boolean {
    const session = this.sessions.get(id)
    if (session) this.#ghosts.push({ until: this.now + this.#lagMs, session })
    return this.sessions.delete(id)
  }

  /** Somebody deletes the rule, or it goes with its filter. */
  deleteRule(id: string): void {
    const rule = this.rules.get(id)
    if (rule) this.#ghosts.push({ until: this.now + this.#lagMs, rule })
    this.rules.delete(id)
  }

  #turn(id: string, accepts: boolean): boolean {
    const rule = this.rules.get(id)
    if (!rule) return false
    if (!accepts) this.undelivered.delete(id)
    if (rule.accepts !== accepts)
      this.rules.set(id, { ...rule, accepts, was: rule.accepts, turnedAt: this.now })
    return true
  }

  /** A new ENI; the id of one that is gone is never given again. */
  addSource(eni: string): void {
    if (!this.#gone.has(eni)) this.enis.add(eni)
  }

  /** An ENI goes away with its session, as when its instance is terminated. */
  removeSource(eni: string): void {
    this.enis.delete(eni)
    this.#gone.add(eni)
    for (const [id, session] of this.sessions) if (session.eni === eni) this.#deleteSession(id)
  }

  source(eni: string): SourceEni {
    const stopped = this.stopped.has(eni)
    return {
      eni,
      address: '10.0.0.1',
      mac: '02:00:00:00:00:01',
      instance: null,
      instanceType: null,
      name: null,
      availabilityZone: 'us-east-1a',
      vpc: 'vpc-0a000000000000001',
      subnet: 'subnet-0a000000000000001',
      verdict: stopped ? 'unsupported' : 'supported',
      reason: stopped ? 'Its instance is stopped.' : '',
      tags: {},
    }
  }

  observe(): Observed {
    const shown = <T extends { since: number }>(items: Iterable<T>) =>
      [...items].filter(({ since }) => since + this.#lagMs <= this.now)
    this.#ghosts = this.#ghosts.filter(({ until }) => until > this.now)
    const { phase } = this.record.experiment
    const looked = phase === 'preparing' || phase === 'mirroring'
    return {
      filters: [
        ...[...this.filters].flatMap(([id, since]) => (since + this.#lagMs <= this.now ? [id] : [])),
        ...this.#ghosts.flatMap(({ filter }) => filter ?? []),
      ],
      rules: [...shown(this.rules.values()), ...this.#ghosts.flatMap(({ rule }) => rule ?? [])].map(
        (rule) => ({ ...rule, accepts: rule.turnedAt + this.#lagMs <= this.now ? rule.accepts : rule.was }),
      ),
      sessions: [...shown(this.sessions.values()), ...this.#ghosts.flatMap(({ session }) => session ?? [])],
      taken: [],
      rivals: [],
      vnis: new Set(),
      schedules: new Map(
        [...this.schedules.keys()]
          .filter((name) => name.startsWith(schedulePrefix(this.id)))
          .map((name) => [name, null]),
      ),
      zeroAt: iso(this.schedules.get(GATEWAYS_TO_ZERO)?.at),
      gateways: {
        desired: this.desired,
        healthy: this.healthy && this.running !== null ? this.desired : 0,
        tasks:
          this.running === null
            ? []
            : Array.from({ length: this.desired }, (_, n) => ({
                task: `task${n}`,
                revision: this.running ?? -1,
                availabilityZone: 'us-east-1a',
                healthy: this.healthy,
              })),
        crossZone: true,
        zones: [],
      },
      sources: looked ? [...this.enis].map((eni) => this.source(eni)) : null,
      missing: [],
      front: [],
      config: this.config,
      others: [],
      fleet: NEW_FLEET,
      money: {
        affordable: this.affordable,
        reason: 'it would pass the budget',
        joiners: this.affordable ? [...this.enis] : [],
      },
      gone: new Map(),
      lapsed: new Set(),
      turned: new Map(),
      refused: new Set(),
      moved: new Set(),
      announced: null,
      audited: new Set(),
      forgotten: !this.active,
    }
  }

  /** As AWS and the store do it. @throws Refused */
  apply(action: Action, sessions: readonly SessionRecord[], seen: Observed): Answer {
    switch (action.kind) {
      case 'arm':
        if (Date.parse(action.at) <= this.now) throw new Refused('the time of a schedule is past')
        if (action.what.deed === 'reject-rule' && this.schedules.has(action.schedule))
          throw new Error(`a lease that may just be firing was armed again: ${action.schedule}`)
        this.schedules.set(action.schedule, { at: Date.parse(action.at), what: action.what })
        return {}
      case 'renew': {
        const schedule = this.schedules.get(action.schedule)
        if (schedule) this.schedules.set(action.schedule, { ...schedule, at: Date.parse(action.at) })
        return { absent: !schedule }
      }
      case 'disarm':
        this.schedules.delete(action.schedule)
        return {}
      case 'create-filter':
        return this.#once(`filter ${action.generation}`, 'tmf', (id) => this.filters.set(id, this.now))
      case 'delete-filter':
        for (const [, { filter }] of this.sessions) if (filter === action.filter) throw new Refused('in use')
        for (const [id, { filter }] of this.rules) if (filter === action.filter) this.deleteRule(id)
        return { absent: !this.filters.delete(action.filter) }
      case 'create-rule': {
        const { direction, number } = action.rule
        const same = [...this.rules.values()].some(
          (rule) => rule.filter === action.filter && rule.direction === direction && rule.number === number,
        )
        return this.#once(`rule ${action.slot} ${action.generation}`, 'tmfr', (rule) => {
          if (same) throw new Refused('TrafficMirrorFilterRuleAlreadyExists')
          this.rules.set(rule, {
            rule,
            filter: action.filter,
            direction,
            number,
            accepts: false,
            since: this.now,
            was: false,
            turnedAt: this.now,
          })
        })
      }
      case 'accept-rule':
      case 'reject-rule':
        return { absent: !this.#turn(action.rule, action.kind === 'accept-rule') }
      case 'create-session': {
        const { eni, vni, expiresAt, generation } = action.session
        if (!this.enis.has(eni)) throw new Refused('InvalidNetworkInterfaceID.NotFound')
        return this.#once(`session ${eni} ${generation}`, 'tms', (session) =>
          this.sessions.set(session, {
            session,
            eni,
            vni,
            expiresAt,
            filter: action.session.parked ? PARKING : action.filter,
            since: this.now,
          }),
        )
      }
      case 'move-session': {
        const session = this.sessions.get(action.session)
        if (!session) throw new Refused('InvalidTrafficMirrorSessionId.NotFound')
        this.sessions.set(action.session, { ...session, filter: action.filter })
        return {}
      }
      case 'delete-session':
        return { absent: !this.#deleteSession(action.session) }
      case 'tag':
        for (const id of action.resources) {
          const session = this.sessions.get(id)
          if (session) this.sessions.set(id, { ...session, expiresAt: action.expiresAt })
        }
        return {}
      case 'scale':
        this.desired = action.desired
        return {}
      case 'publish':
        this.config = { revision: this.config.revision + 1, entry: action.entry }
        return { config: this.config }
      case 'write-session': {
        const { eni, generation } = action.session
        this.rows.set(`${eni}#${generation}`, action.session)
        return {}
      }
      case 'write-record': {
        const next = changed({ record: this.record, sessions, seen }, action, new Date(this.clock))
        this.record = { ...next, experiment: { ...next.experiment, version: next.experiment.version + 1 } }
        return { record: this.record }
      }
      case 'announce':
      case 'audit':
      case 'forget-configurations':
        return {}
      case 'forget-active':
        this.active = false
        return {}
    }
  }

  /** A ClientToken’s first answer again, even after the resource was deleted. */
  #once(token: string, prefix: string, create: (id: string) => void): Answer {
    const known = this.#tokens.get(token)
    if (known !== undefined) return { id: known }
    const id = this.#id(prefix)
    create(id)
    this.#tokens.set(token, id)
    return { id }
  }

  /** Rules that mirror now. */
  open(): string[] {
    return [...this.rules.values()].flatMap(({ accepts, rule }) => (accepts ? [rule] : []))
  }
}

const iso = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString())
