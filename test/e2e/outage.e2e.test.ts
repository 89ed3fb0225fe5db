import { describe, expect, test } from 'vitest'
import { eventually } from '../support/aws-clients.ts'
import { processesBelow } from '../support/local-system.ts'
import { NOTHING_LEFT, startOutage } from '../support/outage.ts'

/** Where nothing has to be in time. */
const TICK_SECONDS = 2
/** A lease is a tick and ten seconds at least; a schedule fires within its second. */
const LEASE_SECONDS = TICK_SECONDS + 10
/** Three ticks after its end an experiment counts as found late. */
const LATE_SECONDS = 3 * TICK_SECONDS + 1

// They mostly wait: each has a system of its own.
describe.concurrent('an outage', { timeout: 150_000 }, () => {
  test('of the control plane stops packets at the lease; sessions and gateways go by their own schedules', async ({
    onTestFinished,
  }) => {
    const outage = await startOutage(TICK_SECONDS)
    onTestFinished(outage.stop)
    const local = await outage.start()
    const { endAt } = await local.mirror(30)
    const [controlPlane = 0] = processesBelow(local.process.pid ?? 0, 'control-plane-process.ts')
    process.kill(controlPlane, 'SIGKILL')
    const killedAt = Date.now()

    await eventually(async () => (await local.left()).rules === 0, (LEASE_SECONDS + 10) * 1000)
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const stoppedAfter = (outage.lastArrival() - killedAt) / 1000
    expect(stoppedAfter).toBeGreaterThan(0)
    expect(stoppedAfter).toBeLessThan(LEASE_SECONDS + 5)

    await eventually(
      async () => JSON.stringify(await local.left()) === JSON.stringify(NOTHING_LEFT),
      Date.parse(endAt) - Date.now() + 60_000,
    )
    expect(outage.lastArrival()).toBeLessThan(Date.parse(endAt))
  })

  test('of everything, by kill -9, goes on where it was after a restart, and the experiment ends in time', async ({
    onTestFinished,
  }) => {
    const outage = await startOutage(5)
    onTestFinished(outage.stop)
    const before = await outage.start()
    const { id, endAt } = await before.mirror(30)
    await before.kill()

    const after = await outage.start()
    const restartedAt = Date.now()
    await eventually(async () => outage.lastArrival() > restartedAt, 30_000)
    const ended = await after.ended(id, Date.parse(endAt) - Date.now() + 45_000)

    expect([ended.outcome, ended.endAt]).toEqual(['completed', endAt])
    await eventually(async () => JSON.stringify(await after.left()) === JSON.stringify(NOTHING_LEFT), 20_000)
    expect(outage.lastArrival()).toBeLessThan(Date.parse(endAt) + 1000)
  })

  test('of everything that lasts past the end leaves nothing after a restart', async ({ onTestFinished }) => {
    const outage = await startOutage(TICK_SECONDS)
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
  })
})
