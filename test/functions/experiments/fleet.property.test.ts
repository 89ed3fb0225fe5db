import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  capacityOf,
  type Fleet,
  type FleetSeen,
  fleetStep,
  LOSS_MAX,
  NEW_FLEET,
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
      tasksMax: TASKS_MAX,
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

const offers = fc.array(
  fc.record({
    offered: fc.integer({ min: 0, max: 400_000 }),
    dies: fc.boolean(),
    /** Two look at the same time. */
    twice: fc.boolean(),
    seconds: fc.constantFrom(60, 60, 60, 5, 600),
  }),
  { maxLength: 60 },
)

test('whatever the load, deaths and second lookers do: a swap is announced a look ahead, grows, and stays within its bounds', () => {
  fc.assert(
    fc.property(offers, fc.integer({ min: 1, max: 4 }), (steps, tasks) => {
      const service = new Service(tasks, 20_000)
      for (const { offered, dies, twice, seconds } of steps) {
        const [seen, fleet, before] = [service.look(offered), service.fleet, service.desired]
        const replaced = service.replaced
        service.step(seen, fleet, dies)
        if (twice) service.step(service.look(offered), service.fleet, false)

        const swap = fleet.swap ?? service.fleet.swap
        if (service.replaced > replaced) {
          expect(service.replaced).toBe(replaced + 1)
          expect(service.now - Date.parse(swap?.since ?? '')).toBeGreaterThanOrEqual(settings.tickMs)
          expect(service.desired).toBeGreaterThan(before)
          expect(service.desired).toBeLessThanOrEqual(Math.min(TASKS_MAX, 2 * before))
        } else expect(service.desired).toBe(before)
        service.now += seconds * 1000
      }
    }),
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

test('a swap that never comes about is given up, and nothing is held back for ever', () => {
  const fleet: Fleet = {
    ...NEW_FLEET,
    swap: { since: new Date(START).toISOString(), from: 'ecs-svc/0', tasks: 4, why: 'it loses packets.' },
  }
  const seen = { desired: 2, deployment: 'ecs-svc/1', rolledOut: false, loads: [], sources: 4, tasksMax: 8 }

  const during = fleetStep(fleet, seen, new Date(START + settings.swapLimitMs - 1), settings)
  const after = fleetStep(fleet, seen, new Date(START + settings.swapLimitMs), settings)

  expect(during).toBeNull()
  expect(after).toMatchObject({ remember: { swap: null, tasks: 0 } })
})

test('a measured capacity is what a task carried, and a burst at a low rate is not believed', () => {
  const seen = { desired: 1, deployment: 'ecs-svc/1', rolledOut: true, sources: 4, tasksMax: 8 }
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
        expect(gatewaysFor(enis, peak)).toBeGreaterThanOrEqual(tasks)
      },
    ),
  )
})
