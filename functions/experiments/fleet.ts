import * as z from 'zod'
import { Timestamp } from '../../contract/experiment.ts'
import type { TaskLoad } from './gateway-load.ts'
import { TASK_CAPACITY, type TaskCapacity, tasksForLoad } from './gateway-size.ts'
import type { Settings } from './settings.ts'
import { smallerSize } from './slack.ts'

const rate = z.number().nonnegative()

/** What is remembered of the deployment’s gateways; all of its experiments share them. */
export const Fleet = z.object({
  version: z.int().nonnegative(),
  /** Tasks that their load asked for: no experiment wants fewer while it runs. */
  tasks: z.int().nonnegative(),
  /** Since when they have had too much to do; null while they have not. */
  strainedSince: Timestamp.nullable(),
  /** Since when they have had far too little to do; null while they have not. */
  slackSince: Timestamp.nullable().default(null),
  /**
   * Another set of tasks takes over: announced first, then carried out. `from` is the deployment that it replaces, `eases`
   * the experiments that need no more than so few tasks by their measured load; null for a larger set.
   */
  swap: z
    .object({
      since: Timestamp,
      from: z.string(),
      tasks: z.int(),
      why: z.string(),
      eases: z.array(z.string()).nullable().default(null),
    })
    .nullable(),
  /** What these experiments need together by their measured load, whatever was thought before they ran. */
  eased: z
    .object({ tasks: z.int(), experiments: z.array(z.string()) })
    .nullable()
    .default(null),
  swappedAt: Timestamp.nullable(),
  /** What one task was seen to carry when it began to lose packets; null before any did. */
  measured: z.object({ packetsPerSecond: rate, bytesPerSecond: rate, at: Timestamp }).nullable(),
})
export type Fleet = z.output<typeof Fleet>

export const NEW_FLEET: Fleet = {
  version: 0,
  tasks: 0,
  strainedSince: null,
  slackSince: null,
  swap: null,
  eased: null,
  swappedAt: null,
  measured: null,
}

/** What the fleet is meant to have: a smaller set counts from its announcement, or it would be scaled out while it comes. */
export const meantFor = ({ tasks, eased, swap }: Fleet): Pick<Fleet, 'tasks' | 'eased'> =>
  swap?.eases
    ? { tasks: swap.tasks, eased: { tasks: swap.tasks, experiments: swap.eases } }
    : { tasks, eased }

export const capacityOf = ({ measured }: Fleet): TaskCapacity => measured ?? TASK_CAPACITY

/** The gateways as they are now. */
export type FleetSeen = Readonly<{
  desired: number
  deployment: string
  rolledOut: boolean
  loads: readonly TaskLoad[]
  /** Mirrored ENIs of all experiments: the load balancer spreads their flows. */
  sources: number
  /** One per zone where packets do not cross zones. */
  tasksMin: number
  /** Tasks that may start beside those that run, by the account’s Fargate quota; null where it is not known or not asked for. */
  room: number | null
  tasksMax: number
  /** All experiments that need gateways, when each of them sends what it will send; null while one does not. */
  settled: readonly string[] | null
}>

/** Either what is to be remembered, or that so many new tasks take over from those that run. */
export type FleetStep = Readonly<{ remember: Fleet } | { replaceBy: number }>

/** More of what reached a task is lost than this: somebody’s requests are. */
export const LOSS_MAX = 0.001
const LAG_SECONDS_MAX = 2
/** A task is full before it loses anything. */
const FULL = 0.8
/** Lossy tasks do not show how much there would have been: they are outnumbered by half. */
const GROWTH = 1.5
/** At most so many times the tasks there are, however much a look seems to ask for: tasks cost money. */
const GROWTH_MAX = 2

/**
 * What the gateways need next. Tasks that are added take no flow from those that are full (aws.md 1.9: a flow of the load
 * balancer stays with its target), so that a larger set takes over instead: written down, announced for one look,
 * then brought up and the old one drained by ECS. Repeating a step does no harm: a deployment is replaced once.
 */
export const fleetStep = (fleet: Fleet, seen: FleetSeen, now: Date, settings: Settings): FleetStep | null => {
  const { swap } = fleet
  if (seen.desired === 0) return idle(fleet)
  if (swap !== null) return swapStep(fleet, swap, seen, now, settings)
  const at = now.toISOString()
  const measured = measuredBy(fleet, seen.loads, at)
  if (measured !== fleet.measured) return { remember: { ...fleet, measured } }
  const why = strain(seen.loads, capacityOf(fleet))
  if (why === null)
    return fleet.strainedSince === null
      ? slackStep(fleet, seen, now, settings)
      : { remember: { ...fleet, strainedSince: null } }
  if (fleet.strainedSince === null) return { remember: { ...fleet, strainedSince: at, slackSince: null } }
  const tasks = Math.min(nextSize(seen, capacityOf(fleet)), seen.room ?? Number.POSITIVE_INFINITY)
  const lasting = now.getTime() - Date.parse(fleet.strainedSince) >= 2 * settings.tickMs
  if (!lasting || !mayBeSwapped(fleet, seen, now, settings) || tasks <= seen.desired) return null
  return {
    remember: { ...fleet, swap: { since: at, from: seen.deployment, tasks, why: `${why}.`, eases: null } },
  }
}

/** Tasks that run while a set larger by the least that is ever asked for takes over: the old ones serve until it does. */
export const tasksAtSwap = (tasks: number, tasksMax: number): number =>
  tasks + Math.min(tasksMax, Math.ceil(tasks * GROWTH))

/** Whether a look may lead to a swap: only then it matters what the quota leaves. */
export const isSwapNear = ({ swap, strainedSince, slackSince }: Fleet): boolean =>
  swap === null && (strainedSince !== null || slackSince !== null)

const mayBeSwapped = (
  { swappedAt }: Fleet,
  { rolledOut }: FleetSeen,
  now: Date,
  { swapPauseMs }: Settings,
): boolean => rolledOut && (swappedAt === null || now.getTime() - Date.parse(swappedAt) >= swapPauseMs)

/** A smaller set takes over the same way, when the load has been far below what there is for long enough. */
const slackStep = (fleet: Fleet, seen: FleetSeen, now: Date, settings: Settings): FleetStep | null => {
  const tasks = seen.settled === null ? null : smallerSize(seen, capacityOf(fleet))
  if (tasks === null || seen.settled === null || (seen.room !== null && tasks > seen.room))
    return fleet.slackSince === null ? null : { remember: { ...fleet, slackSince: null } }
  const since = now.toISOString()
  if (fleet.slackSince === null) return { remember: { ...fleet, slackSince: since } }
  const lasting = now.getTime() - Date.parse(fleet.slackSince) >= settings.slackMs
  if (!lasting || !mayBeSwapped(fleet, seen, now, settings)) return null
  const why = `${tasks} are enough for what ${seen.desired} have had to do.`
  return {
    remember: {
      ...fleet,
      slackSince: null,
      swap: { since, from: seen.deployment, tasks, why, eases: [...seen.settled] },
    },
  }
}

/** Nothing runs: the next experiment begins with what it needs itself. */
const idle = (fleet: Fleet): FleetStep | null =>
  fleet.tasks === 0 &&
  fleet.swap === null &&
  fleet.strainedSince === null &&
  fleet.slackSince === null &&
  fleet.eased === null
    ? null
    : { remember: { ...NEW_FLEET, version: fleet.version, measured: fleet.measured } }

const swapStep = (
  fleet: Fleet,
  swap: NonNullable<Fleet['swap']>,
  seen: FleetSeen,
  now: Date,
  { tickMs, swapLimitMs }: Settings,
): FleetStep | null => {
  const since = now.getTime() - Date.parse(swap.since)
  const done = { ...fleet, swap: null, strainedSince: null, swappedAt: now.toISOString() }
  if (seen.deployment === swap.from) {
    if (since < tickMs) return null
    return since < swapLimitMs ? { replaceBy: swap.tasks } : { remember: done }
  }
  if (seen.rolledOut) return { remember: { ...done, ...meantFor(fleet), tasks: swap.tasks } }
  // It goes on by itself, or ECS rolls it back: comparing need not wait for it any longer.
  return since < swapLimitMs ? null : { remember: done }
}

/** What is too much for a task, in words; null while every task copes. */
export const strain = (loads: readonly TaskLoad[], capacity: TaskCapacity): string | null => {
  const of = (load: TaskLoad): number =>
    Math.max(load.packetsPerSecond / capacity.packetsPerSecond, load.bytesPerSecond / capacity.bytesPerSecond)
  const lossy = worst(loads, ({ lossShare }) => lossShare)
  if (lossy && lossy.lossShare > LOSS_MAX)
    return `a gateway task loses ${(100 * lossy.lossShare).toPrecision(2)} % of its packets`
  const late = worst(loads, ({ lagSeconds }) => lagSeconds ?? 0)
  if (late?.lagSeconds != null && late.lagSeconds > LAG_SECONDS_MAX)
    return `a gateway task is ${late.lagSeconds.toPrecision(2)} seconds behind`
  const full = worst(loads, of)
  if (full && of(full) > FULL)
    return `a gateway task takes ${Math.round(full.packetsPerSecond)} packets a second, ${Math.round(100 * of(full))} % of its capacity`
  return null
}

const worst = (loads: readonly TaskLoad[], by: (load: TaskLoad) => number): TaskLoad | undefined =>
  loads.toSorted((a, b) => by(b) - by(a))[0]

const nextSize = ({ loads, desired, sources, tasksMax }: FleetSeen, capacity: TaskCapacity): number => {
  const sum = (by: (load: TaskLoad) => number) => loads.reduce((total, load) => total + by(load), 0)
  const needed = tasksForLoad(
    {
      packetsPerSecond: sum((load) => load.packetsPerSecond) / FULL,
      bytesPerSecond: sum((load) => load.bytesPerSecond) / FULL,
    },
    sources,
    capacity,
  )
  return Math.min(tasksMax, GROWTH_MAX * desired, Math.max(needed, Math.ceil(desired * GROWTH)))
}

/**
 * The lowest rate at which a task has lost packets is what a task of this fleet can carry, until one carries more without
 * any loss. A burst can make a task lose some at any rate: less than a part of the usual capacity is not believed.
 */
const measuredBy = (fleet: Fleet, loads: readonly TaskLoad[], at: string): Fleet['measured'] => {
  const lossy = loads
    .filter(({ lossShare }) => lossShare > LOSS_MAX)
    .toSorted((a, b) => a.packetsPerSecond - b.packetsPerSecond)[0]
  const most = worst(loads, ({ packetsPerSecond }) => packetsPerSecond)
  const known = capacityOf(fleet)
  if (lossy && lossy.packetsPerSecond < known.packetsPerSecond)
    return {
      packetsPerSecond: atLeast(lossy, 'packetsPerSecond'),
      bytesPerSecond: Math.min(known.bytesPerSecond, atLeast(lossy, 'bytesPerSecond')),
      at,
    }
  if (fleet.measured && !lossy && most && most.packetsPerSecond > known.packetsPerSecond)
    return {
      packetsPerSecond: most.packetsPerSecond,
      bytesPerSecond: Math.max(known.bytesPerSecond, most.bytesPerSecond),
      at,
    }
  return fleet.measured
}

const BELIEVED = 0.25
const atLeast = (load: TaskLoad, of: keyof TaskCapacity): number =>
  Math.max(BELIEVED * TASK_CAPACITY[of], load[of] * (1 - load.lossShare))
