import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/aws-clients.ts'
import { NOTHING_LEFT, startOutage } from '../support/outage.ts'

test('after kill -9 of everything a restart goes on where it was, and the experiment ends in time', async () => {
  const outage = await startOutage()
  onTestFinished(outage.stop)
  const before = await outage.start()
  const { id, endAt } = await before.mirror(40)
  await before.kill()

  const after = await outage.start()
  const restartedAt = Date.now()
  await eventually(async () => outage.lastArrival() > restartedAt, 30_000)
  const ended = await after.ended(id, Date.parse(endAt) - Date.now() + 45_000)

  expect([ended.outcome, ended.endAt]).toEqual(['completed', endAt])
  await eventually(async () => JSON.stringify(await after.left()) === JSON.stringify(NOTHING_LEFT), 20_000)
  expect(outage.lastArrival()).toBeLessThan(Date.parse(endAt) + 1000)
}, 150_000)
