import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  capacityOf,
  type Fleet,
  type FleetSeen,
  fleetStep,
  LOSS_MAX,
  meantFor,
  NEW_FLEET,
  strain,
} from '../../../functions/experiments/fleet.ts'
import type { TaskLoad } from '../../../functions/experiments/gateway-load.ts'
import {
  gatewaysFor,
  imbalance,
  TASK_CAPACITY,
  tasksForLoad,
} from '../../../functions/experiments/gateway-size.ts'
import { settingsFor } from '../../../functions/experiments/settings.ts'
import { SCALE } from '../../support/scale.ts'

const settings = settingsFor(60)
const START = Date.parse('2026-11-21T12:00:00Z')
const TASKS_MAX = 12

const load = (task: string, packetsPerSecond: number, lossShare = 0): TaskLoad => ({
  task,
  packetsPerSecond,
  bytesPerSecond: packetsPerSecond * 500,
  lossShare,
  lagSeconds: null,
})

/** A service whose tasks share what is offered, and lose what is above what each really carries. */
class Service {
  now = START
  fleet: Fleet = NEW_FLEET
  desired: number
  deployment = 0
  settled: string[] | null = null
  tasksMin = 1
  /** Tasks that the quota lets start beside those that run. */
  room: number | null = null
  rollingUntil = 0
  replaced = 0
  readonly trail: Fleet[] = []
  readonly carries: number

  constructor(desired: number, carries: number) {
    this.desired = desired
    this.carries = carries
  }

  look(offered: number): FleetSeen {
    const each = offered / Math.max(1, this.desired)
    const loads = Array.from({ length: this.desired }, (_, n) =>
      load(`task${n}`, each, Math.max(0, 1 - this.carries / Math.max(1, each))),
    )
    const rolledOut = this.now >= this.rollingUntil
    return {
      desired: this.desired,
      deployment: `ecs-svc/${this.deployment}`,
      rolledOut,
      loads,
      sources: 20,
      tasksMin: this.tasksMin,
      tasksMax: TASKS_MAX,
      room: this.room,
      settled: this.settled,
    }
  }

  /** One look by somebody who may have seen the world a look ago, and may die before its step is done. */
  step(seen: FleetSeen, fleet: Fleet, dies: boolean): void {
    const step = fleetStep(fleet, seen, new Date(this.now), settings)
    if (step === null || dies) return
    if ('remember' in step) {
      if (fleet.version !== this.fleet.version) return
      this.fleet = { ...step.remember, version: fleet.version + 1 }
      this.trail.push(this.fleet)
      return
    }
    expect(this.fleet.swap ?? fleet.swap).not.toBeNull()
    this.deployment++
    this.replaced++
    this.desired = step.replaceBy
    this.rollingUntil = this.now + 90_000
  }
}

/** Tasks that carry it half full, about. */
const gatewaysNeeded = (packetsPerSecond: number): number =>
  tasksForLoad(
    { packetsPerSecond: packetsPerSecond / 0.4, bytesPerSecond: (packetsPerSecond * 500) / 0.4 },
    20,
  )

const offers = fc.array(
  fc.record({
    offered: fc.integer({ min: 0, max: 400_000 }),
    dies: fc.boolean(),
    /** Two look at the same time. */
    twice: fc.boolean(),
    seconds: fc.constantFrom(60, 60, 60, 5, 600),
    /** Every experiment sends what it will send. */
    settled: fc.boolean(),
  }),
  { maxLength: 60 },
)

test('whatever the load, deaths and second lookers do: a swap is announced a look ahead and stays within its bounds', () => {
  fc.assert(
    fc.property(
      offers,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.option(fc.nat(TASKS_MAX)),
      (steps, tasks, zones, room) => {
        const service = new Service(Math.max(tasks, zones), 20_000)
        service.tasksMin = zones
        service.room = room
        for (const { offered, dies, twice, seconds, settled } of steps) {
          service.settled = settled ? ['exp_1'] : null
          const [seen, fleet, before] = [service.look(offered), service.fleet, service.desired]
          const replaced = service.replaced
          service.step(seen, fleet, dies)
          if (twice) service.step(service.look(offered), service.fleet, false)

          const swap = fleet.swap ?? service.fleet.swap
          if (service.replaced > replaced) {
            expect(service.replaced).toBe(replaced + 1)
            expect(service.now - Date.parse(swap?.since ?? '')).toBeGreaterThanOrEqual(settings.tickMs)
            expect(service.desired).toBeGreaterThanOrEqual(zones)
            expect(service.desired).toBeLessThanOrEqual(room ?? TASKS_MAX)
            if (swap?.eases) expect(service.desired).toBeLessThanOrEqual(before / 2)
            else {
              expect(service.desired).toBeGreaterThan(before)
              expect(service.desired).toBeLessThanOrEqual(Math.min(TASKS_MAX, 2 * before))
            }
          } else expect(service.desired).toBe(before)
          service.now += seconds * 1000
        }
      },
    ),
    { numRuns: 300 * SCALE },
  )
})

test('a lasting load gets a fleet that loses no more of it than is let pass, or the largest there may be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 1, max: 4 }), (offered, tasks) => {
      const service = new Service(tasks, 20_000)
      for (let n = 0; n < 120; n++) {
        service.step(service.look(offered), service.fleet, false)
        service.now += 60_000
      }

      const isCarried = service.look(offered).loads.every(({ lossShare }) => lossShare <= LOSS_MAX)
      expect(isCarried || service.desired === TASKS_MAX).toBe(true)
      expect(service.fleet.swap).toBeNull()
    }),
    { numRuns: 100 * SCALE },
  )
})

test('slack that lasts while all experiments have settled gets a smaller fleet, once, that copes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 200_000 }),
      fc.integer({ min: 2, max: TASKS_MAX }),
      fc.integer({ min: 1, max: 4 }),
      (offered, tasks, zones) => {
        const service = new Service(Math.max(tasks, zones), TASK_CAPACITY.packetsPerSecond)
        service.tasksMin = zones
        service.settled = ['exp_1', 'exp_2']
        const begun = service.desired
        const swaps: [since: number, to: number][] = []
        for (let n = 0; n < 240; n++) {
          const before = service.desired
          service.step(service.look(offered), service.fleet, false)
          if (service.desired < before) swaps.push([service.now - START, service.desired])
          service.now += 60_000
        }

        for (const [since, to] of swaps) {
          expect(since).toBeGreaterThanOrEqual(settings.slackMs)
          expect(to).toBeGreaterThanOrEqual(zones)
          expect(strain(service.look(offered).loads, TASK_CAPACITY)).toBeNull()
        }
        const needed = Math.max(zones, gatewaysNeeded(offered))
        expect(service.desired <= begun / 2 || needed > begun / 2).toBe(true)
        expect(swaps.length).toBeLessThanOrEqual(1)
      },
    ),
    { numRuns: 100 * SCALE },
  )
})

test('a fleet is not made smaller while an experiment has not settled, or a task says nothing', () => {
  const idle = (n: number) => Array.from({ length: n }, (_, task) => load(`task${task}`, 10))
  const seen: FleetSeen = {
    desired: 4,
    deployment: 'ecs-svc/1',
    rolledOut: true,
    loads: idle(4),
    sources: 4,
    tasksMin: 1,
    tasksMax: 8,
    settled: ['exp_1'],
    room: null,
  }
  const slack = { ...NEW_FLEET, slackSince: new Date(START - settings.slackMs).toISOString() }
  const now = new Date(START)

  const eased = fleetStep(slack, seen, now, settings)
  expect(eased).toMatchObject({ remember: { swap: { tasks: 1, eases: ['exp_1'] }, slackSince: null } })
  for (const change of [{ settled: null }, { loads: idle(3) }, { desired: 1, loads: idle(1) }])
    expect(fleetStep(slack, { ...seen, ...change }, now, settings)).toEqual({
      remember: { ...slack, slackSince: null },
    })
  expect(fleetStep(slack, { ...seen, rolledOut: false }, now, settings)).toBeNull()
})

test('what a smaller fleet was measured for is not asked for again, what comes anew is', () => {
  const eased = { tasks: 2, experiments: ['exp_1'] }
  const since = new Date(START).toISOString()
  const swap = { since, from: 'ecs-svc/0', tasks: 2, why: '', eases: ['exp_1'] }

  expect(meantFor({ ...NEW_FLEET, tasks: 2, eased })).toEqual({ tasks: 2, eased })
  expect(meantFor({ ...NEW_FLEET, tasks: 8, swap })).toEqual({ tasks: 2, eased })
  expect(meantFor({ ...NEW_FLEET, tasks: 8, swap: { ...swap, eases: null } })).toEqual({
    tasks: 8,
    eased: null,
  })
})

test('a swap that never comes about is given up, and nothing is held back for ever', () => {
  const fleet: Fleet = {
    ...NEW_FLEET,
    swap: {
      since: new Date(START).toISOString(),
      from: 'ecs-svc/0',
      tasks: 4,
      why: 'it loses packets.',
      eases: null,
    },
  }
  const seen = {
    ...{ desired: 2, deployment: 'ecs-svc/1', rolledOut: false, loads: [], sources: 4 },
    ...{ tasksMin: 1, tasksMax: 8, settled: null, room: null },
  }

  const during = fleetStep(fleet, seen, new Date(START + settings.swapLimitMs - 1), settings)
  const after = fleetStep(fleet, seen, new Date(START + settings.swapLimitMs), settings)

  expect(during).toBeNull()
  expect(after).toMatchObject({ remember: { swap: null, tasks: 0 } })
})

test.each<[string, Partial<TaskLoad>, RegExp | null]>([
  ['that loses more than is let pass', { lossShare: 0.02 }, /loses 2\.0 % of its packets/],
  ['that is seconds behind', { lagSeconds: 3 }, /is 3\.0 seconds behind/],
  ['that is full of packets', { packetsPerSecond: 27_000 }, /27000 packets a second, 90 % of its capacity/],
  ['that is full of bytes', { bytesPerSecond: 23e6 }, /92 % of its capacity/],
  ['that copes', { lossShare: LOSS_MAX, lagSeconds: 2, packetsPerSecond: 24_000 }, null],
])('a task %s decides whether a larger set is wanted', (_, one, why) => {
  const said = strain([load('fine', 100), { ...load('a', 1_000), ...one }], TASK_CAPACITY)

  expect(said ?? '').toMatch(why ?? /^$/)
})

test('a measured capacity is what a task carried, and a burst at a low rate is not believed', () => {
  const seen = {
    ...{ desired: 1, deployment: 'ecs-svc/1', rolledOut: true, sources: 4 },
    ...{ tasksMin: 1, tasksMax: 8, settled: null, room: null },
  }
  const measured = (loads: TaskLoad[]) => {
    const step = fleetStep(NEW_FLEET, { ...seen, loads }, new Date(START), settings)
    return step && 'remember' in step ? capacityOf(step.remember).packetsPerSecond : null
  }

  expect(measured([load('a', 20_000, 0.1)])).toBeCloseTo(18_000)
  expect(measured([load('a', 100, 0.5)])).toBe(TASK_CAPACITY.packetsPerSecond / 4)
  expect(measured([load('a', 10_000)])).toBeNull()
})

test('the spread of flows over tasks is as uneven as simulated', () => {
  // 95th percentile of the busiest task, aws.md 1.9.
  for (const [enis, tasks, simulated] of [
    [1, 2, 1.17],
    [1, 4, 1.34],
    [1, 8, 1.62],
    [20, 8, 1.13],
  ] as const)
    expect(imbalance(tasks, enis)).toBeGreaterThanOrEqual(simulated)
  expect(imbalance(1, 1)).toBe(1)
})

test('so many tasks are asked for that the busiest carries its part, and not one more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000_000_000 }),
      fc.integer({ min: 1, max: 500 }),
      (peak, enis) => {
        const tasks = tasksForLoad({ bytesPerSecond: peak }, enis)
        const busiest = (n: number) => (peak * imbalance(n, enis)) / n

        if (tasks < 1000)
          expect(busiest(tasks)).toBeLessThanOrEqual(TASK_CAPACITY.bytesPerSecond * (1 + 1e-9))
        if (tasks > 1) expect(busiest(tasks - 1)).toBeGreaterThan(TASK_CAPACITY.bytesPerSecond)
        expect(gatewaysFor(enis, { bytesPerSecond: peak })).toBeGreaterThanOrEqual(tasks)
      },
    ),
  )
})
