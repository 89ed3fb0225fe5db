import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/aws-clients.ts'
import { NOTHING_LEFT, startOutage } from '../support/outage.ts'

/** Three ticks after its end an experiment counts as found late. */
const LATE_SECONDS = 16

test('after kill -9 of everything a restart past the end takes down what was left', async () => {
  const outage = await startOutage()
  onTestFinished(outage.stop)
  const before = await outage.start()
  const { id, endAt } = await before.mirror(25)
  await before.kill()
  await new Promise((resolve) => setTimeout(resolve, Date.parse(endAt) - Date.now() + LATE_SECONDS * 1000))

  const arrivedBefore = outage.lastArrival()
  const after = await outage.start()
  const ended = await after.ended(id, 60_000)

  expect([ended.outcome, ended.endAt]).toEqual(['expired', endAt])
  await eventually(async () => JSON.stringify(await after.left()) === JSON.stringify(NOTHING_LEFT), 20_000)
  expect(outage.lastArrival()).toBe(arrivedBefore)
}, 150_000)
